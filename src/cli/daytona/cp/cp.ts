/** `cp`. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Files, type Sandbox } from "../../../daytona.js"
import { NodeFiles } from "../../../node/daytona/index.js"
import { type Failure, UsageError } from "../../frame/failures.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { dim } from "../../frame/text.js"
import { count, size } from "../../frame/words.js"
import { connect } from "../connect.js"
import { bar } from "./bar.js"
import { localTree } from "./localTree.js"
import { parsePlace, placeText } from "./place.js"
import { type Copy, plan } from "./plan.js"
import { sandboxTree } from "./sandboxTree.js"
import type { Tree } from "./Tree.js"

/** What the options are read as. */
export interface Values {
  readonly resume: boolean
  readonly paths: ReadonlyArray<string>
}

const Copied = Schema.Struct({ from: Schema.String, to: Schema.String, bytes: Schema.Number })

/** Which way, and between what. */
const routeOf = (paths: ReadonlyArray<string>) => {
  const places = paths.map(parsePlace)
  const target = places.at(-1) ?? { sandbox: undefined, path: "." }
  const sources = places.slice(0, -1)
  const names = [...new Set(sources.map(({ sandbox }) => sandbox))]
  const [from] = names
  if (names.length > 1) {
    return new UsageError({ message: "Copy from one place at a time: all sources must be in the same sandbox" })
  }
  if (from !== undefined && target.sandbox !== undefined) {
    return new UsageError({ message: "Copy out of a sandbox to this machine first, and from here into the other one" })
  }
  const sandbox = from ?? target.sandbox
  if (sandbox === undefined) {
    return new UsageError({ message: "One side must be in a sandbox: NAME:PATH, such as box:data.csv" })
  }
  return Effect.succeed({ sandbox, isUpload: target.sandbox !== undefined, sources, target })
}

/** Those that are not there yet with the same content. */
const remaining = (files: ReadonlyArray<Copy>, from: Tree, to: Tree) =>
  Effect.gen(function* () {
    const found = yield* Effect.forEach(
      files,
      (copy) => Effect.map(to.look(copy.to), (there) => (there?.size === copy.size && !there.isFolder ? [copy] : [])),
      { concurrency: 4 }
    )
    const candidates = found.flat()
    const ours = yield* from.digests(candidates.map((copy) => copy.from))
    const theirs = yield* to.digests(candidates.map((copy) => copy.to))
    const done = new Set(
      candidates.filter((copy) => {
        const digest = ours.get(copy.from)
        return digest !== undefined && digest === theirs.get(copy.to)
      })
    )
    return files.filter((copy) => !done.has(copy))
  }).pipe(during("Comparing what is there"))

const transferWith =
  (box: Sandbox.ConnectedSandbox, isUpload: boolean) =>
  ({ from, to }: Copy, onProgress: (transferred: number) => Effect.Effect<void>): Effect.Effect<void, Failure> =>
    Effect.provideService(
      isUpload
        ? Effect.mapError(
            NodeFiles.uploadFromFile(from, to, { atomic: true, keepPermissions: true, onProgress }),
            asFailure
          )
        : Effect.mapError(NodeFiles.downloadToFile(from, to, { keepPermissions: true, onProgress }), asFailure),
      Files,
      box.files
    )

/** One type for both ways. */
const asFailure = (failure: Failure): Failure => failure

export const run = ({ paths, resume }: Values) =>
  Effect.gen(function* () {
    const { isUpload, sandbox, sources, target } = yield* routeOf(paths)
    const box = yield* connect(sandbox)
    const inside = sandboxTree(box)
    const [from, to] = isUpload ? [localTree, inside] : [inside, localTree]
    const { files, folders } = yield* plan(
      from,
      to,
      sources.map(({ path }) => path),
      target.path
    ).pipe(during("Looking at what to copy"))
    const left = resume ? yield* remaining(files, from, to) : files
    yield* during("Creating folders")(Effect.forEach(folders, to.makeFolder, { discard: true }))

    const now = yield* Effect.map(Effect.clock, (clock) => () => clock.unsafeCurrentTimeMillis())
    const began = now()
    const ofBytes = left.reduce((sum, each) => sum + each.size, 0)
    const bytes = new Map<Copy, number>()
    let complete = 0
    const bytesSoFar = () => [...bytes.values()].reduce((sum, each) => sum + each, 0)
    const drawn = () =>
      bar({ bytes: bytesSoFar(), ofBytes, files: complete, ofFiles: left.length, elapsed: now() - began })
    const transfer = transferWith(box, isUpload)
    const placed = (path: string, remote: boolean) => placeText({ sandbox: remote ? sandbox : undefined, path })
    yield* Effect.forEach(
      left,
      (copy) =>
        Effect.gen(function* () {
          yield* transfer(copy, (transferred) => Effect.sync(() => bytes.set(copy, transferred)))
          bytes.set(copy, copy.size)
          complete += 1
          const shown = { from: placed(copy.from, !isUpload), to: placed(copy.to, isUpload), bytes: copy.size }
          yield* Output.show(Copied, shown, () => "")
        }),
      { concurrency: 4, discard: true }
    ).pipe(
      during(drawn),
      Effect.onInterrupt(() =>
        Output.note(
          dim(
            `Interrupted: ${complete} of ${count(left.length, "file")} copied, and nothing of the others. To go on: add --resume`
          )
        )
      )
    )
    const skipped = files.length - left.length
    yield* Output.note(
      dim(
        `Copied ${count(complete, "file")}, ${size(ofBytes)}${skipped === 0 ? "" : `; ${count(skipped, "file")} were there already`}.`
      )
    )
  })
