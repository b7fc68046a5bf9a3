/** Drives the areas with an installed CLI, prints what came of them, and leaves nothing behind. */
import * as Array from "effect/Array"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as semver from "semver"
import type { Area } from "./areas/Area.js"
import type { Installed } from "./cli/install.js"
import { Recordings } from "./cli/Recordings.js"
import { standIn } from "./cli/standIn.js"
import { Model } from "./model/Model.js"
import { areaTable, lineTable, placeTable, problemList, verdictOf } from "./report/summary.js"
import { notDriven, type Trial, trialOf } from "./trial.js"

/** Milliseconds after which no area is begun any more, so that all is over within ten minutes. */
const lastStart = 540_000

const report = ({ area, problems }: Trial) => Console.error(`${problems.length === 0 ? "ok  " : "FAIL"} ${area.name}`)

/** Whether all is well. */
export const check = (installed: Installed, chosen: ReadonlyArray<Area>, directory: string) =>
  Effect.gen(function* () {
    const model = yield* Model
    const recordings = yield* standIn(installed, directory, model.url)
    const [missing, present] = Array.partition(chosen, ({ since = "0.0.0" }) => semver.gte(installed.version, since))
    yield* Console.log(`Claude Code ${installed.version}`)
    for (const { name, since } of missing) yield* Console.log(`skipped: ${name} needs Claude Code ${since} or newer`)
    return yield* Effect.gen(function* () {
      const trials = yield* Effect.forEach(present, (area) =>
        Effect.tap(
          Effect.suspend(() => (performance.now() < lastStart ? trialOf(area) : notDriven(area))),
          report
        )
      )
      yield* Console.log(
        `\n${areaTable(trials)}\n\n${lineTable(trials)}\n\n${placeTable(trials, installed.version)}\n\n${verdictOf(trials)}`
      )
      for (const address of yield* model.otherAddresses) yield* Console.log(`refused: a connection to ${address}`)
      const problems = [...problemList(trials), ...(yield* killSurvivors)]
      if (problems.length > 0) yield* Console.log(`\n${problems.join("\n")}`)
      const failed = trials.filter(({ problems }) => problems.length > 0).length
      yield* Console.log(`\n${trials.length - failed} passed, ${failed} failed, ${missing.length} skipped`)
      return problems.length === 0
    }).pipe(Effect.provide(Recordings.layer(recordings)))
  }).pipe(Effect.provide(Model.layer))

/** Processes of the CLI that are still there, which must not be. */
const killSurvivors = Effect.gen(function* () {
  const recordings = yield* Recordings
  const survivors = (yield* recordings.all).filter(({ hasEnded }) => !hasEnded)
  yield* Effect.forEach(survivors, ({ pid }) => Effect.ignore(Effect.try(() => process.kill(pid, "SIGKILL"))))
  return survivors.map(({ args, pid }) => `process ${pid} was left behind and is killed now: claude ${args.join(" ")}`)
})
