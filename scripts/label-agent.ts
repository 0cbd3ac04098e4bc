import { appendFile, readFile } from 'node:fs/promises'
import { defineCommand, enrol, loadIdentity, startAgent } from '@muster/sdk/agent'

const { MUSTER_AGENT_DIR: directory = '.till', MUSTER_PLANE_URL: address = '127.0.0.1:8443' } = process.env
const paper = `${directory}/labels.txt` // stands for a printer
const printed = async () => (await readFile(paper, 'utf8').catch(() => '')).split('\n').slice(0, -1)

const printLabel = defineCommand({
  name: 'shop.print-label',
  version: 1,
  effectClass: 'ONCE', // READ and IDEMPOTENT need a `run` and nothing more
  schema: { type: 'object', properties: { text: { type: 'string', maxLength: 80 } }, required: ['text'] },
  prepare: async () => (await printed()).length,
  commit: async ({ text }: { text: string }, before) => {
    await appendFile(paper, `${text}\n`)
    return { number: before + 1 }
  },
  // Asked after a crash or an error: did it happen?
  probe: async (_label, before) => ((await printed()).length > before ? { done: { number: before + 1 } } : 'not-done'),
})

const device = { name: 'till', type: 'ANDROID', model: 'till', osVersion: '14', emulated: false }
const code = process.env['MUSTER_ENROLMENT_CODE'] ?? ''
const identity = loadIdentity(directory) ?? (await enrol({ directory, address, code, device }))
export const agent = await startAgent({ identity, address, directory, device, agentVersion: '1', custom: [printLabel] })
