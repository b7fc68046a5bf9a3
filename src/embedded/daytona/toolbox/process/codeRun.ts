/** The endpoint that runs code. */
import * as Effect from "effect/Effect"
import * as responses from "../../http/responses.js"
import { invalid } from "../jsonBody.js"
import type { Machine } from "../Machine.js"
import type { Handler } from "../Route.js"
import * as artifacts from "./artifacts.js"
import type { runner } from "./execute.js"
import { languages } from "./languages.js"
import * as RequestBody from "./RequestBody.js"

/** `POST /process/code-run`. */
export const codeRun =
  (run: ReturnType<typeof runner>, generation: Machine["generation"]): Handler =>
  (request) =>
    Effect.gen(function* () {
      const { map, seconds, text, texts } = yield* RequestBody.read(request, "CodeRunRequest", invalid)
      const [code, name, argv, envs, timeout] = yield* Effect.all([
        text("code"),
        text("language"),
        texts("argv"),
        map("envs"),
        seconds("timeout")
      ])
      const missing = Object.entries({ Code: code, Language: name }).flatMap(([field, value]) =>
        value === ""
          ? [`Key: 'CodeRunRequest.${field}' Error:Field validation for '${field}' failed on the 'required' tag`]
          : []
      )
      if (missing.length > 0) return yield* RequestBody.badRequest(invalid(missing.join("\n")))
      const language = languages.get(name)
      if (language === undefined) return yield* RequestBody.badRequest(`unsupported language: ${name}`)
      yield* RequestBody.checkNames(envs)
      // The older daemon leaves quoting to its clients.
      const words = argv.map((word) => (generation === "current" ? quoted(word) : word)).join(" ")
      const { exitCode, output } = yield* run({ text: language(code, words), cwd: undefined, envs, seconds: timeout })
      const { charts, result } = artifacts.split(output, generation)
      return responses.json(200, { exitCode, result, ...(charts.length === 0 ? {} : { artifacts: { charts } }) })
    })

const quoted = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`
