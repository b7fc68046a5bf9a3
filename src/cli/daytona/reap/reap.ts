/** `reap`. */
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Reaper, ReaperReport, type Removal } from "../../../daytona.js"
import { confirm } from "../../frame/confirm.js"
import { Unsuccessful, UsageError } from "../../frame/failures.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { table } from "../../frame/table.js"
import { dim, green, red, type Text, yellow } from "../../frame/text.js"
import { ago, count } from "../../frame/words.js"

/** What the options are read as. */
export interface Values {
  readonly application?: Option.Option<string>
  readonly dryRun: boolean
  readonly unusedFor: Option.Option<Duration.Duration>
  readonly volumesUnusedFor: Option.Option<Duration.Duration>
  readonly snapshotsUnusedFor: Option.Option<Duration.Duration>
  readonly yes: boolean
}

const outcomeText = ({ detail, outcome }: Removal): Text => {
  const text = detail === undefined ? outcome : `${outcome}: ${detail}`
  if (outcome === "failed") return red(text)
  if (outcome === "kept") return yellow(text)
  return outcome === "removed" ? green(text) : text
}

const reportText = (report: ReaperReport, now: number, width: number | undefined): Text => {
  const { sandboxes, snapshots, volumes } = report.seen
  const seen = [
    count(sandboxes, "sandbox").replace(/xs$/, "xes"),
    ...(volumes > 0 ? [count(volumes, "volume")] : []),
    ...(snapshots > 0 ? [count(snapshots, "snapshot")] : [])
  ].join(", ")
  if (report.removals.length === 0) return dim(`Nothing of ${report.application} is due; looked at ${seen}.\n`)
  return table<Removal>(
    [
      { head: "KIND", cell: ({ kind }) => kind },
      { head: "NAME", cell: ({ name }) => name, whole: true },
      {
        head: "WHY",
        cell: ({ since, why }) => `${why === "unused" ? "last used" : "wanted until"} ${ago(since, now)}`
      },
      { head: "OUTCOME", cell: outcomeText }
    ],
    report.removals,
    width
  )
}

export const run = (values: Values) =>
  Effect.gen(function* () {
    if (Option.isNone(values.application ?? Option.none())) {
      return yield* new UsageError({
        message: "Name whose sandboxes to look at: --application NAME, as in Daytona.layer({ application })"
      })
    }
    const options = {
      unusedFor: Option.getOrUndefined(values.unusedFor),
      volumesUnusedFor: Option.getOrUndefined(values.volumesUnusedFor),
      snapshotsUnusedFor: Option.getOrUndefined(values.snapshotsUnusedFor)
    }
    const { width } = yield* Output.Output
    const now = yield* Clock.currentTimeMillis
    const show = (report: ReaperReport) => Output.show(ReaperReport, report, (shown) => reportText(shown, now, width()))
    yield* Effect.gen(function* () {
      const reaper = yield* Reaper
      const plan = yield* during("Looking for what is due")(reaper.plan(options))
      if (values.dryRun || plan.removals.length === 0) return yield* show(plan)
      const names = plan.removals.map(({ kind, name }) => `${kind} ${name}`).join(", ")
      yield* confirm(`Remove ${names}?`, values)
      const report = yield* during("Removing")(reaper.run(options))
      yield* show(report)
      const failed = report.removals.filter(({ outcome }) => outcome === "failed")
      if (failed.length > 0) return yield* new Unsuccessful({ message: `${count(failed.length, "removal")} failed` })
    }).pipe(Effect.provide(Reaper.layer))
  })
