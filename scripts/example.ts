import { parseArgs } from 'node:util'
import { MusterClient } from '@muster/sdk'

// The README's worked example with the SDK, against a running Muster.
const HELP = `Usage: npm run example -- [options]

Publishes a Moment with a picture from three phones of a running Muster and shows how it went.

  --url <address>     of the control plane (default http://127.0.0.1:<MUSTER_HTTP_PORT or 8080>)
  --password <text>   of the user admin (default MUSTER_ADMIN_PASSWORD)
  --help              this text
`
const DOT = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='

const { values } = parseArgs({
  options: { url: { type: 'string' }, password: { type: 'string' }, help: { type: 'boolean' } },
})

async function example(baseUrl: string, password: string): Promise<void> {
  const muster = new MusterClient({ baseUrl, credentials: { username: 'admin', password } })

  const devices: number[] = []
  for await (const device of muster.pages('/devices', { params: { query: { status: 'ONLINE' } } })) {
    if (devices.length < 3) devices.push(device.id)
  }
  const picture = await muster.uploadMaterial(new Blob([Buffer.from(DOT, 'base64')]), { name: 'dot.png' })

  const created = await muster.post('/wechat/moments/tasks', {
    body: { content: 'Hello from the SDK', images: [{ materialId: picture.id }], devices },
  })
  if (!('taskId' in created)) throw new Error('asked for a task and got a dry run')
  const { taskId } = created
  const task = await muster.waitForTask(taskId)
  process.stdout.write(`task ${taskId}: ${task.status}\n`)
  for await (const item of muster.pages('/tasks/{id}/items', { params: { path: { id: taskId }, query: {} } })) {
    process.stdout.write(`  device ${item.deviceId}: ${item.status}${item.reason ? `, ${item.reason}` : ''}\n`)
  }
  if (task.status !== 'COMPLETED') process.exitCode = 1
}

if (values.help) process.stdout.write(HELP)
else {
  const password = values.password ?? process.env['MUSTER_ADMIN_PASSWORD']
  const url = values.url ?? `http://127.0.0.1:${process.env['MUSTER_HTTP_PORT'] || '8080'}`
  if (password) {
    await example(url, password).catch((error: unknown) => {
      process.stderr.write(`example: ${url}: ${error instanceof Error ? error.message : String(error)}\n`)
      process.exitCode = 1
    })
  } else {
    process.stderr.write('example: no password; set MUSTER_ADMIN_PASSWORD or use --password\n')
    process.exitCode = 2
  }
}
