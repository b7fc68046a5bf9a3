/** Many runs that wait for their agents: what each of them costs the worker and the database. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Schedule from "effect/Schedule"
import { AgentRuns } from "effect-sandboxes/workflow"
import type { Figures, Setting } from "../../harness/Suite.js"
import { clientLayer } from "./cluster.js"
import { freePort, newDatabase, startWorker, statements } from "./workers.js"

/** How many are looked at again. */
const lookedAt = 200

/** How long nothing happens, while idle statements are counted. */
const idle = Duration.seconds(10)

/** A workflow is kept in memory for a minute after its last step. */
const untilForgotten = Duration.seconds(75)

/** They look once, and then not for as long as the measurement takes. */
const polls = { first: "6 hours", most: "6 hours" } as const

export const measure = async ({ server }: Setting, count: number): Promise<Figures> => {
  const database = await newDatabase(server["database"] ?? "", `waiting_${count}_${process.pid}`)
  const client = ManagedRuntime.make(clientLayer({ database }))
  const worker = startWorker({ database, stromboli: server["openRuns"] ?? "", port: await freePort() })

  /** Waits until so many runs have a job, and wait for its end. */
  const untilWaiting = (wanted: number) =>
    Effect.flatMap(
      SqlClient.SqlClient,
      (sql) => sql<{ readonly found: number }>`
        SELECT count(*)::int AS found FROM cluster_messages m
        JOIN effect_sandboxes_runs r ON r.id = m.entity_id || '/run'
        WHERE m.entity_type = 'Workflow/-/DurableClock' AND NOT m.processed AND r.progress LIKE '%"job":%'`
    ).pipe(
      Effect.repeat({ until: ([row]) => (row?.found ?? 0) >= wanted, schedule: Schedule.spaced("1 second") }),
      Effect.zipRight(Effect.sleep("3 seconds"))
    )

  const submit = (runs: AgentRuns.Service, from: number, to: number) =>
    Effect.forEach(
      Array.from({ length: to - from }, (_, index) => `run ${from + index}`),
      (key) => runs.submit({ key, prompt: `Never end, ${key}`, polls }),
      { concurrency: 20, discard: true }
    )

  const warmUp = 50
  const program = Effect.gen(function* () {
    const runs = yield* AgentRuns
    const sql = yield* SqlClient.SqlClient
    const bytes = Effect.map(
      sql<{ readonly bytes: number }>`SELECT pg_database_size(current_database())::float8 AS bytes`,
      ([row]) => row?.bytes ?? 0
    )
    yield* submit(runs, 0, warmUp)
    yield* untilWaiting(warmUp)
    const before = {
      ...(yield* statements),
      bytes: yield* bytes,
      memory: yield* Effect.promise(worker.memory),
      at: Date.now()
    }
    yield* submit(runs, warmUp, warmUp + count)
    yield* untilWaiting(warmUp + count)
    const seconds = (Date.now() - before.at) / 1000
    const begun = yield* statements
    const busy = yield* Effect.promise(worker.memory)
    const grown = yield* bytes

    yield* Effect.sleep(untilForgotten)
    const memory = yield* Effect.promise(worker.memory)
    const quiet = yield* statements
    yield* Effect.sleep(idle)
    const after = yield* statements
    const poll = yield* sql<{ readonly ms: number }>`
      SELECT (total_exec_time / calls)::float8 AS ms FROM pg_stat_statements
      WHERE query LIKE '%FOR UPDATE%' AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
      ORDER BY calls DESC LIMIT 1`

    // Asking for the end of a run ends its pause: it looks, and is over.
    const woken = yield* statements
    yield* Effect.forEach(
      Array.from({ length: lookedAt }, (_, index) => `run ${index}`),
      (key) => runs.cancel(key),
      { concurrency: 20, discard: true }
    )
    yield* Effect.repeat(
      sql<{ readonly found: number }>`SELECT count(*)::int AS found FROM cluster_messages m
        JOIN cluster_replies r ON r.id = m.last_reply_id
        WHERE m.entity_type = 'Workflow/effect-sandboxes/AgentRun' AND m.tag = 'run' AND r.payload LIKE '%Failure%'`,
      { until: ([row]) => (row?.found ?? 0) >= lookedAt, schedule: Schedule.spaced("1 second") }
    )
    const over = yield* statements
    const perIdleSecond = (after.calls - quiet.calls) / Duration.toSeconds(idle)
    return {
      statements: (begun.calls - before.calls) / count,
      ends: (over.calls - woken.calls) / lookedAt,
      idle: perIdleSecond,
      poll: poll[0]?.ms ?? Number.NaN,
      busy: ((after.ms - quiet.ms) / Duration.toMillis(idle)) * 100,
      bytes: (grown - before.bytes) / count / 1000,
      peak: ((busy.live - before.memory.live) * 1000) / count,
      live: ((memory.live - before.memory.live) * 1000) / count,
      resident: memory.resident,
      perSecond: count / seconds
    }
  })
  const figures = await client.runPromise(program)
  await worker.kill()
  await client.dispose()
  return figures
}
