/** Renders an image to what the server builds: the text of a Dockerfile, and the build contexts it copies from. */
import * as Effect from "effect/Effect"
import type { ApiError, InvalidRequest } from "../../../errors/ApiError.js"
import type { CreateBuildInfo } from "../../../schema/daytona/CreateSandbox.js"
import type { Copy, DockerfileAt, Image, Project, Step } from "../../../schema/daytona/image/Image.js"
import { packageName, pipCommand } from "../../../schema/daytona/image/pip.js"
import { copyWords } from "../../../schema/daytona/image/text.js"
import type { BuildContext, ObjectStorage } from "../objectStorage/ObjectStorage.js"
import { platform, resolve } from "./buildContext.js"
import { invalid, unreadable } from "./invalidStep.js"
import { parseDockerfile } from "./parseDockerfile.js"
import { parsePyproject } from "./parsePyproject.js"

interface Rendered {
  readonly texts: ReadonlyArray<string>
  readonly contexts: ReadonlyArray<BuildContext>
}

const plain = (...texts: ReadonlyArray<string>): Rendered => ({ texts, contexts: [] })

const joined = (parts: ReadonlyArray<Rendered>): Rendered => ({
  texts: parts.flatMap(({ texts }) => texts),
  contexts: parts.flatMap(({ contexts }) => contexts)
})

const renderCopy = ({
  call,
  instruction,
  flags,
  sources,
  destination
}: Copy): Effect.Effect<Rendered, InvalidRequest> =>
  Effect.gen(function* () {
    const words: Array<string> = []
    const contexts: Array<BuildContext> = []
    for (const source of sources) {
      if (source._tag === "Word") {
        words.push(source.word)
        continue
      }
      const on = yield* platform({ call, argument: source.argument })
      for (const { word, context } of yield* resolve(on, call, source)) {
        words.push(word)
        contexts.push(context)
      }
    }
    return { texts: [[instruction, ...flags, copyWords([...words, destination])].join(" ")], contexts }
  })

const readText = (call: string, path: string): Effect.Effect<string, InvalidRequest> =>
  Effect.flatMap(platform({ call, argument: "path" }), ({ fs }) =>
    Effect.mapError(fs.readFileString(path), unreadable({ call, argument: "path" }, path))
  )

const renderProject = ({ path, groups, options }: Project): Effect.Effect<Rendered, InvalidRequest> =>
  Effect.gen(function* () {
    const call = "Image.pipInstallFromPyproject"
    const refused = (argument: string, why: string) => invalid(call, argument, why)
    const text = yield* readText(call, path)
    const { main, groups: known } = yield* Effect.mapError(parsePyproject(text), (line) =>
      refused("path", `is \`${path}\`, which is not valid TOML at line ${line}`)
    )
    if (main === undefined) {
      return yield* refused("path", `is \`${path}\`, which has no list \`dependencies\` in [project]`)
    }
    const optional = yield* Effect.forEach(groups, (group, index) => {
      const found = known.get(group)
      return found === undefined
        ? Effect.fail(
            refused(`options.optionalDependencies.${index}`, `is \`${group}\`, which is not a group in \`${path}\``)
          )
        : Effect.succeed(found)
    })
    const packages = yield* Effect.forEach([...main, ...optional.flat()], (each) =>
      Effect.mapError(packageName("path", each), ({ problem }) =>
        refused("path", `is \`${path}\`, where a dependency ${problem}`)
      )
    )
    return packages.length === 0 ? plain() : plain(pipCommand(options, packages))
  })

const renderDockerfileAt = ({ path, contextDir }: DockerfileAt): Effect.Effect<Rendered, InvalidRequest> =>
  Effect.gen(function* () {
    const call = "Image.fromDockerfileFile"
    const at = { call, argument: "path" }
    const on = yield* platform(at)
    const text = yield* readText(call, path)
    const steps = yield* Effect.mapError(
      parseDockerfile(text, { ...at, contextDir: contextDir ?? on.path.dirname(path), complete: true }),
      ({ argument, problem }) => invalid(call, argument, problem)
    )
    return joined(yield* Effect.forEach(steps, render))
  })

const render = (step: Step): Effect.Effect<Rendered, InvalidRequest> => {
  switch (step._tag) {
    case "Instruction":
      return Effect.succeed(plain(step.text))
    case "Copy":
      return renderCopy(step)
    case "Project":
      return renderProject(step)
    case "DockerfileAt":
      return renderDockerfileAt(step)
    case "Invalid":
      return Effect.fail(invalid(step.call, step.argument, step.problem))
  }
}

const prepare = <R>(
  image: Image<R>
): Effect.Effect<{ readonly dockerfile: string; readonly contexts: ReadonlyArray<BuildContext> }, InvalidRequest, R> =>
  Effect.gen(function* () {
    // Invalid steps are reported before any file is read.
    const wrong = image.steps.find((step) => step._tag === "Invalid")
    const parts = yield* Effect.forEach(wrong === undefined ? image.steps : [wrong], render)
    const { texts, contexts } = joined(parts)
    const once = new Map(contexts.map((context) => [context.hash, context]))
    return { dockerfile: `${texts.join("\n").replace(/\n+$/, "")}\n`, contexts: [...once.values()] }
  })

/**
 * The text of the Dockerfile, which ends with exactly one line break. The server identifies a build by this text and
 * the hashes of its build contexts, so the same steps and files always result in the same text.
 *
 * Local files are read to hash them; nothing is sent. Fails with `InvalidRequest` for the first invalid step, with its
 * call and argument.
 */
export const dockerfile = <R>(image: Image<R>): Effect.Effect<string, InvalidRequest, R> =>
  Effect.map(prepare(image), (prepared) => prepared.dockerfile)

/** The build contexts of the image: the archives of local files that are uploaded for it. Otherwise as `dockerfile`. */
export const contexts = <R>(image: Image<R>): Effect.Effect<ReadonlyArray<BuildContext>, InvalidRequest, R> =>
  Effect.map(prepare(image), (prepared) => prepared.contexts)

/** Uploads the build contexts that the server does not have yet, and returns the description of the build. */
export const upload = <R>(
  storage: ObjectStorage.Service,
  image: Image<R>
): Effect.Effect<CreateBuildInfo, ApiError, R> =>
  Effect.flatMap(prepare(image), ({ dockerfile: dockerfileContent, contexts: needed }) =>
    needed.length === 0
      ? Effect.succeed({ dockerfileContent })
      : Effect.map(storage.upload(needed), (contextHashes) => ({ dockerfileContent, contextHashes }))
  )
