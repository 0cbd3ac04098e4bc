import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { startProduct } from '../support/product.ts'

const root = join(import.meta.dirname, '../..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const run = promisify(execFile)

/** The code behind a mark in the README. */
function example(name: string): string {
  const [, code] = new RegExp(`<!-- example:${name} -->\\n+\`\`\`\\w+\\n(.*?)\`\`\``, 's').exec(readme) ?? []
  if (code === undefined) throw new Error(`the README has no example ${name}`)
  return code
}

test('the README shows the agent that the tests kill, and both files of the example have less than 40 lines', (t) => {
  const agent = example('agent')
  t.is(agent, readFileSync(join(root, 'scripts/label-agent.ts'), 'utf8'))
  t.true(agent.split('\n').length + example('command').split('\n').length < 40)
})

test('the call of the README prints a label on the agent of the README', async (t) => {
  const product = await startProduct(t, { phones: 1 })
  await product.startAgent('phone-1', undefined, 'test/support/armed-agent.ts')
  const device = (await product.devices(['phone-1'])).get('phone-1')
  t.like(await product.ok('GET', `/devices/${device?.id}`), {
    accountId: null,
    capabilities: [{ name: 'shop.print-label', version: 1, effectClass: 'ONCE', description: '' }],
  })
  const { stdout } = await run('bash', ['-c', example('command')], {
    env: { ...process.env, API: product.url, TOKEN: await product.token(), DEVICE: String(device?.id) },
  })
  t.like(JSON.parse(stdout), { code: 200, data: { status: 'SUCCEEDED', result: { number: 1 } } })
  t.is(readFileSync(join(product.agentDirectory('phone-1'), 'labels.txt'), 'utf8'), 'Green tea\n')
})
