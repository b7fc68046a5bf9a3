import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Claude } from "./claude/Claude.js"
import { EmbeddedStromboli } from "./EmbeddedStromboli.js"
import { help, parse } from "./serveArguments.js"

const print = (stream: NodeJS.WriteStream, line: string) => Effect.sync(() => stream.write(`${line}\n`))

const fail = (message: string, exitCode: number) =>
  Effect.zipRight(
    print(process.stderr, message),
    Effect.sync(() => {
      process.exitCode = exitCode
    })
  )

const announce = Effect.gen(function* () {
  const { url } = yield* EmbeddedStromboli
  const { description } = yield* Claude
  yield* print(process.stdout, `listening ${Option.getOrElse(url, () => "nowhere")}`)
  yield* print(process.stderr, `prompts are answered by ${description}`)
  return yield* Effect.never
})

const main = Either.match(parse(process.argv.slice(2)), {
  onLeft: (problem) => fail(problem, 2),
  onRight: (parsed) =>
    parsed === "help"
      ? print(process.stdout, help)
      : announce.pipe(
          Effect.provide(Layer.provideMerge(EmbeddedStromboli.layerServer(parsed), Claude.layerDefault)),
          Effect.catchTag("ListenError", ({ message }) => fail(message, 1))
        )
})

NodeRuntime.runMain(main, { disableErrorReporting: true })
