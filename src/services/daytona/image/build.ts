/** Renders an image to what the server builds: the text of a Dockerfile, and the build contexts it copies from. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { ApiError, InvalidRequest } from "../../../errors/ApiError.js"
import type { CreateBuildInfo } from "../../../schema/daytona/CreateSandbox.js"
import type { Copy, DockerfileAt, Image, Project, Requirements, Step } from "../../../schema/daytona/image/Image.js"
import { packageName, pipCommand } from "../../../schema/daytona/image/pip.js"
import { copyWords } from "../../../schema/daytona/image/text.js"
import type { BuildContext, ObjectStorage } from "../objectStorage/ObjectStorage.js"
import { platform, resolve } from "./buildContext.js"
import { invalid, load, unreadable } from "./invalidStep.js"
import { parseDockerfile } from "./parseDockerfile.js"
import { dependenciesOf, parsePyproject } from "./pyproject.js"
import { localReference } from "./requirements.js"

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
    const archives: Array<string> = []
    const contexts: Array<BuildContext> = []
    let unmatched: InvalidRequest | undefined
    for (const source of sources) {
      if (source._tag === "Word") {
        words.push(source.word)
        continue
      }
      const on = yield* platform({ call, argument: source.argument })
      const resolved = yield* resolve(on, call, source)
      if (Either.isLeft(resolved)) {
        unmatched ??= resolved.left
        continue
      }
      const { copied, unpacked } = resolved.right
      if (unpacked.length > 0 && flags.some((flag) => flag.startsWith("--exclude"))) {
        return yield* invalid(
          call,
          source.argument,
          "has `--exclude` for files with links among them, to which it would not apply; use `.dockerignore` instead"
        )
      }
      words.push(...copied.map(({ word }) => word))
      archives.push(...unpacked.map(({ word }) => word))
      contexts.push(...[...copied, ...unpacked].map(({ context }) => context))
    }
    if (words.length === 0 && archives.length === 0 && unmatched !== undefined) return yield* unmatched
    const text = (keyword: string, options: ReadonlyArray<string>, from: ReadonlyArray<string>) =>
      from.length === 0 ? [] : [[keyword, ...options, copyWords([...from, destination])].join(" ")]
    return {
      texts: [
        ...text(instruction, flags, words),
        ...text(
          "ADD",
          flags.filter((flag) => /^--(?:chown|chmod|link)\b/.test(flag)),
          archives
        )
      ],
      contexts
    }
  })

const readText = (call: string, path: string): Effect.Effect<string, InvalidRequest> =>
  Effect.flatMap(platform({ call, argument: "path" }), ({ fs }) =>
    Effect.mapBoth(fs.readFile(path), {
      onFailure: unreadable({ call, argument: "path" }, path),
      onSuccess: decode
    })
  )

/** Text in UTF-8, or in UTF-16 with a byte order mark, as PowerShell writes files. */
const decode = (bytes: Uint8Array): string => {
  const mark = `${bytes[0]} ${bytes[1]}`
  return new TextDecoder(mark === "255 254" ? "utf-16le" : mark === "254 255" ? "utf-16be" : "utf-8").decode(bytes)
}

const requirementsTarget = "/.requirements.txt"

const renderRequirements = ({ path, options }: Requirements): Effect.Effect<Rendered, InvalidRequest> =>
  Effect.gen(function* () {
    const call = "Image.pipInstallFromRequirements"
    const local = localReference(yield* readText(call, path))
    if (local !== undefined) {
      return yield* invalid(
        call,
        "path",
        `is \`${path}\`, which at line ${local.line} refers to \`${local.path}\`, a path on this machine that the builder does not have: ${local.advice}`
      )
    }
    const copied = yield* renderCopy({
      _tag: "Copy",
      call,
      instruction: "COPY",
      flags: [],
      sources: [{ _tag: "Path", argument: "path", path, kind: "file", exclude: [] }],
      destination: requirementsTarget
    })
    return joined([copied, plain(pipCommand(options, ["-r", requirementsTarget]))])
  })

const renderProject = ({ path, extras, dependencyGroups, options }: Project): Effect.Effect<Rendered, InvalidRequest> =>
  Effect.gen(function* () {
    const call = "Image.pipInstallFromPyproject"
    const text = yield* readText(call, path)
    const { parse } = yield* load({ call, argument: "path" }, "smol-toml", () => import("smol-toml"))
    const dependencies = yield* parsePyproject(parse, text).pipe(
      Either.mapLeft((why) => ({ argument: "path", problem: why })),
      Either.flatMap((project) => dependenciesOf(project, extras, dependencyGroups)),
      Either.mapLeft(({ argument, problem }) =>
        invalid(call, argument, argument === "path" ? `is \`${path}\`, ${problem}` : `${problem} \`${path}\``)
      )
    )
    const packages = yield* Effect.forEach(dependencies, (each) =>
      Effect.mapError(packageName("path", each), ({ problem }) =>
        invalid(call, "path", `is \`${path}\`, where the dependency \`${each}\` ${problem}`)
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
      parseDockerfile(text, {
        ...at,
        contextDir: contextDir ?? on.path.dirname(path),
        ignoreFile: `${path}.dockerignore`,
        complete: true
      }),
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
    case "Requirements":
      return renderRequirements(step)
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
