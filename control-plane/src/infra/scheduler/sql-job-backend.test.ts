import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agenda } from 'agenda'
import test, { registerCompletionHandler, type ExecutionContext } from 'ava'
import { openDatabase } from '../database/database.ts'
import { SqlJobBackend } from './sql-job-backend.ts'
import { within } from '../../../../test/support/within.ts'

// Agenda still holds a timer of half a lock's lifetime for each entry that has run.
registerCompletionHandler(() => process.exit())

async function backends(t: ExecutionContext, count: number): Promise<SqlJobBackend[]> {
  const dir = mkdtempSync(join(tmpdir(), 'muster-test-'))
  const db = await openDatabase(join(dir, 'jobs.sqlite'))
  t.teardown(async () => {
    await db.close()
    rmSync(dir, { recursive: true, force: true })
  })
  return Array.from({ length: count }, () => new SqlJobBackend({ db, tables: db.tables }))
}

test('an entry fires once, however many schedulers wait for it', async (t) => {
  const agendas = (await backends(t, 3)).map(
    (backend) => new Agenda({ backend, processEvery: 50, defaultLockLifetime: 60_000, removeOnComplete: true }),
  )
  const fired: string[] = []
  const all = Promise.withResolvers<void>()
  const names = Array.from({ length: 20 }, (_, index) => `entry ${index}`)
  for (const agenda of agendas) {
    // Agenda tells the two kinds of processors apart by their arity.
    // oxlint-disable-next-line typescript/no-misused-promises
    agenda.define<{ name: string }>('job', async (job) => {
      fired.push(job.attrs.data.name)
      if (fired.length >= names.length) all.resolve()
    })
    await agenda.start()
  }
  for (const name of names) await agendas[0]?.now('job', { name })
  await within(all.promise, 60_000, () => `all entries to fire; fired ${fired.length}`)
  await Promise.all(agendas.map(async (agenda) => await agenda.drain(1000)))
  t.deepEqual(fired.toSorted(), names.toSorted())
})

test('an entry that is asked for again moves, and there is still one', async (t) => {
  const [backend] = await backends(t, 1)
  if (!backend) return t.fail()
  const agenda = new Agenda({ backend })
  for (const hour of [1, 2, 3]) {
    const job = agenda.create('job', { taskId: 7 })
    job.unique({ taskId: 7 })
    job.schedule(new Date(Date.UTC(2099, 0, 1, hour)))
    await job.save()
  }
  const { jobs, total } = await agenda.queryJobs({ name: 'job' })
  t.is(total, 1)
  t.is(jobs[0]?.nextRunAt?.toISOString(), '2099-01-01T03:00:00.000Z')
})
