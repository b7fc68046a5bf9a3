/** `sandbox metrics`. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Sandboxes, SandboxMetrics, SandboxName } from "../../../daytona.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { type Text, yellow } from "../../frame/text.js"
import { ago, size } from "../../frame/words.js"

/** What the options are read as. */
export interface Values {
  readonly name: string
  readonly since: Option.Option<Duration.Duration>
}

const percentText = (percent: number): Text => {
  const text = `${percent.toFixed(0)} %`
  return percent >= 90 ? yellow(text) : text
}

/** `120 MB of 1.1 GB`; a total of 0 was not measured. */
const shareText = (used: number, total: number): Text => {
  const text = total === 0 ? size(used) : `${size(used)} of ${size(total)}`
  return total > 0 && used / total >= 0.9 ? yellow(text) : text
}

export const run = ({ name, since }: Values) =>
  Effect.gen(function* () {
    const sandboxes = yield* Sandboxes
    const now = yield* Clock.currentTimeMillis
    const range = Option.match(since, {
      onNone: () => ({}),
      onSome: (span) => ({ from: now - Duration.toMillis(span) })
    })
    const found = yield* during(`Getting the metrics of ${name}`)(sandboxes.metrics(SandboxName.make(name), range))
    yield* Output.showList(SandboxMetrics, found, {
      columns: [
        { head: "TIME", cell: ({ timestamp }) => ago(timestamp, now) },
        { head: "CORES", cell: ({ cpuCount }) => `${cpuCount}`, align: "right" },
        { head: "CPU", cell: ({ cpuUsedPercent }) => percentText(cpuUsedPercent), align: "right" },
        { head: "MEMORY", cell: ({ memoryTotal, memoryUsed }) => shareText(memoryUsed, memoryTotal) },
        { head: "DISK", cell: ({ diskTotal, diskUsed }) => shareText(diskUsed, diskTotal) }
      ],
      empty: "Nothing was measured in that time."
    })
  })
