/** The image to build: a Dockerfile, or what a module exports. */
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { hasProperty } from "effect/Predicate"
import { Image } from "../../../daytona.js"
import { UsageError } from "../../frame/failures.js"

/** What the options are read as. */
export interface ImageValues {
  readonly dockerfile: Option.Option<string>
  readonly context: Option.Option<string>
  readonly program: Option.Option<string>
}

const advice = (path: string): string =>
  /\.[cm]?ts$/.test(path) ? ". TypeScript needs a version of Node that runs it; JavaScript always works" : ""

/** Runs a module of the user's for what it exports. */
const imageOf = (path: string): Effect.Effect<Image.Image<Image.LocalFiles>, UsageError> =>
  Effect.gen(function* () {
    const loaded: unknown = yield* Effect.tryPromise({
      try: () => import(pathToFileURL(resolve(path)).href),
      catch: (problem) =>
        new UsageError({
          message: `--program: ${path} cannot be loaded: ${problem instanceof Error ? problem.message : String(problem)}${advice(path)}`
        })
    })
    const exported = hasProperty(loaded, "default") ? loaded.default : undefined
    return isBuildable(exported)
      ? exported
      : yield* new UsageError({
          message: `--program: the default export of ${path} must be an Image of effect-sandboxes`
        })
  })

/** Files of this machine are all that an image can require. */
const isBuildable = (value: unknown): value is Image.Image<Image.LocalFiles> => Image.isImage(value)

/** The image that the options describe. */
export const imageFor = ({
  context,
  dockerfile,
  program
}: ImageValues): Effect.Effect<Image.Image<Image.LocalFiles>, UsageError> => {
  if (Option.isSome(program)) {
    return Option.isSome(dockerfile) || Option.isSome(context)
      ? Effect.fail(new UsageError({ message: "Give either --program, or --dockerfile and --context" }))
      : imageOf(program.value)
  }
  const path = Option.getOrElse(dockerfile, () =>
    join(
      Option.getOrElse(context, () => "."),
      "Dockerfile"
    )
  )
  return Effect.succeed(Image.fromDockerfileFile(path, { contextDir: Option.getOrUndefined(context) }))
}
