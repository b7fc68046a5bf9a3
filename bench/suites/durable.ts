/** Durable runs on Postgres: what kills do to them, and what they cost while they wait. */
import type { Suite, Variant } from "../harness/Suite.js"
import type { How } from "../variants/durable/killed.js"

export const waitingCounts = [1_000, 10_000]

const runs = 300

const killed =
  (how: How): Variant =>
  async (setting) =>
    (await import("../variants/durable/killed.js")).measure(setting, runs, how)

const waiting =
  (count: number): Variant =>
  async (setting) =>
    (await import("../variants/durable/waiting.js")).measure(setting, count)

/** Imported when it is needed, since a measured process has to load nothing of them. */
const serve = async () => {
  const [{ agents }, { openRuns }, { startPostgres }] = await Promise.all([
    import("../servers/agents.js"),
    import("../servers/openRuns.js"),
    import("../servers/postgres.js")
  ])
  const { url } = await startPostgres([
    "shared_preload_libraries=pg_stat_statements",
    "pg_stat_statements.max=10000",
    "max_connections=100"
  ])
  return { database: url, openRuns: await openRuns(), ...(await agentsAt(agents)) }
}

const agentsAt = async (start: () => Promise<{ readonly stromboli: string; readonly counted: string }>) => {
  const { counted, stromboli } = await start()
  return { agents: stromboli, counted }
}

export const suite: Suite = {
  title: "durable runs on a Postgres of their own, with its default settings",
  serve,
  tables: [
    {
      name: `${runs} runs of 5 to 34 seconds, begun at once, on three workers`,
      once: true,
      patience: 1_200,
      columns: [
        { figure: "delivered", unit: "delivered", digits: 0 },
        { figure: "billed", unit: "billed", digits: 0 },
        { figure: "twice", unit: "billed twice", digits: 0 },
        { figure: "kills", unit: "kills", digits: 0 },
        { figure: "median", unit: "s from end to delivery" },
        { figure: "p95", unit: "s at 95 %" },
        { figure: "most", unit: "s at most" },
        { figure: "statements", unit: "statements each", digits: 0 },
        { figure: "seconds", unit: "s in all", digits: 0 }
      ],
      variants: {
        "polled as by default": killed({}),
        "polled, and a worker is killed every 10 s": killed({ kills: true }),
        "with webhooks, and a worker is killed every 10 s": killed({ webhooks: true, kills: true })
      }
    },
    {
      name: "runs that wait, one worker",
      once: true,
      patience: 1_200,
      columns: [
        { figure: "statements", unit: "statements to start", digits: 0 },
        { figure: "ends", unit: "to look and end", digits: 0 },
        { figure: "idle", unit: "per idle second" },
        { figure: "poll", unit: "ms per poll of the engine" },
        { figure: "busy", unit: "% of the database idle" },
        { figure: "bytes", unit: "KB in the database each" },
        { figure: "peak", unit: "KB live each at first" },
        { figure: "live", unit: "KB live each" },
        { figure: "resident", unit: "MB RSS", digits: 0 },
        { figure: "perSecond", unit: "started per second" }
      ],
      variants: Object.fromEntries(waitingCounts.map((count) => [`${count} runs`, waiting(count)]))
    }
  ]
}
