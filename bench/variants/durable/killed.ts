/** Three workers, one of which may be killed every few seconds, and what becomes of the runs. */
import { createServer } from "node:http"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { AgentRuns, DurableRun } from "effect-sandboxes/workflow"
import type { Figures, Setting } from "../../harness/Suite.js"
import { quantile } from "../../harness/statistics.js"
import { promptOf, type Work } from "../../servers/agents.js"
import { listening } from "../../servers/listening.js"
import { clientLayer } from "./cluster.js"
import { freePort, newDatabase, startWorker, statements } from "./workers.js"

const workerCount = 3
const killEvery = Duration.seconds(10)

/** What is not over by then is lost. */
const patience = Duration.minutes(5)

/** How long the agents work, in milliseconds: all at once at first, some for longer. */
const workOf = (index: number): number => 5_000 + (index % 30) * 1_000

export interface How {
  readonly webhooks?: true
  readonly kills?: true
}

export const measure = async ({ server }: Setting, count: number, how: How): Promise<Figures> => {
  const database = await newDatabase(server["database"] ?? "", `killed_${process.pid}`)
  const servers = { database, stromboli: server["agents"] ?? "" }
  const client = ManagedRuntime.make(clientLayer(servers))

  const hooks = createServer((request, response) => {
    response.end()
    const token = (request.url ?? "").slice(1)
    void client.runPromise(Effect.ignore(DurableRun.wake(token)))
  })
  const webhooks = how.webhooks === true ? { webhooks: `http://${await listening(hooks)}` } : {}
  const tasks = await Promise.all(
    Array.from({ length: workerCount }, async () => ({ ...servers, ...webhooks, port: await freePort() }))
  )
  const workers = tasks.map(startWorker)

  let kills = 0
  const killer = Effect.gen(function* () {
    const index = kills++ % workerCount
    const task = tasks[index]
    yield* Effect.promise(async () => workers[index]?.kill())
    if (task !== undefined) workers[index] = startWorker(task)
  }).pipe(Effect.delay(killEvery), Effect.forever)

  const prompts = Array.from({ length: count }, (_, index) => promptOf(`${process.pid}, ${index}`, workOf(index)))
  const deliveredAt = new Map<string, number>()
  const program = Effect.gen(function* () {
    const runs = yield* AgentRuns
    const killing = yield* Effect.fork(how.kills === true ? killer : Effect.void)
    const started = yield* statements
    const began = Date.now()
    yield* Effect.forEach(
      prompts,
      (prompt) =>
        runs.submit({ key: prompt, prompt }).pipe(
          // A worker that is killed may have been asked about it. To submit again is safe.
          Effect.retry({ times: 5 }),
          Effect.zipRight(runs.result(prompt)),
          Effect.tap(() => Effect.sync(() => deliveredAt.set(prompt, Date.now()))),
          Effect.timeout(patience),
          Effect.tapErrorCause((cause) => Effect.logWarning(Cause.pretty(cause))),
          Effect.ignore
        ),
      { concurrency: "unbounded", discard: true }
    )
    const seconds = (Date.now() - began) / 1000
    yield* Fiber.interrupt(killing)
    const ended = yield* statements
    return { seconds, statements: (ended.calls - started.calls) / count }
  })
  const { seconds, statements: perRun } = await client.runPromise(program)
  await Promise.all(workers.map(({ kill }) => kill()))
  await client.dispose()
  hooks.close()

  const works: Readonly<Record<string, Work>> = await (await fetch(server["counted"] ?? "")).json()
  const ours = prompts.map((prompt) => works[prompt])
  const delays = prompts.flatMap((prompt) => {
    const [delivered, ended] = [deliveredAt.get(prompt), works[prompt]?.endedAt]
    return delivered === undefined || ended === undefined ? [] : [(delivered - ended) / 1000]
  })
  return {
    delivered: deliveredAt.size,
    twice: ours.filter((work) => (work?.billed ?? 0) > 1).length,
    billed: ours.reduce((sum, work) => sum + (work?.billed ?? 0), 0),
    kills,
    median: quantile(delays, 0.5),
    p95: quantile(delays, 0.95),
    most: Math.max(...delays),
    statements: perRun,
    seconds
  }
}
