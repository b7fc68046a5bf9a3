/** `screenshot`. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Unsuccessful } from "../../frame/failures.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { connect } from "../connect.js"

const Saved = Schema.Struct({ file: Schema.String, bytes: Schema.Number })

export const run = ({ name, out }: { readonly name: string; readonly out: string }) =>
  Effect.gen(function* () {
    const { computerUse } = yield* connect(name)
    yield* during("Starting the desktop")(computerUse.start)
    const { image } = yield* during("Taking a screenshot")(computerUse.screenshot.full())
    const fs = yield* FileSystem.FileSystem
    yield* Effect.mapError(
      fs.writeFile(out, image),
      ({ message }) => new Unsuccessful({ message: `The screenshot cannot be saved as ${out}: ${message}` })
    )
    yield* Output.show(Saved, { file: out, bytes: image.length }, ({ file }) => `${file}\n`)
  })
