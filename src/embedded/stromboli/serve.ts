/** `npm run serve:stromboli`: runs the embedded server. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { serve } from "../serveCommand.js"
import { Claude } from "./claude/Claude.js"
import { EmbeddedStromboli } from "./EmbeddedStromboli.js"
import { help, parse } from "./serveArguments.js"

serve({
  parse,
  help,
  run: (options, announce) =>
    Effect.gen(function* () {
      const { url } = yield* EmbeddedStromboli
      const { description } = yield* Claude
      return yield* announce(
        Option.getOrElse(url, () => "nowhere"),
        `prompts are answered by ${description}`
      )
    }).pipe(Effect.provide(Layer.provideMerge(EmbeddedStromboli.layerServer(options), Claude.layerDefault)))
})
