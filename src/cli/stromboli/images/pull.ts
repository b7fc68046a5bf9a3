/** `images pull`. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { ImageName, Images, PulledImage } from "../../../stromboli.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"

export const run = (values: { readonly name: string; readonly platform: Option.Option<string> }) =>
  Effect.gen(function* () {
    const images = yield* Images
    const pulled = yield* images
      .pull({ image: ImageName.make(values.name), platform: Option.getOrUndefined(values.platform) })
      .pipe(
        during(`Pulling ${values.name}`),
        Output.noteOnInterrupt("Interrupted: the server does not stop pulling the image.")
      )
    yield* Output.show(Schema.typeSchema(PulledImage), pulled, ({ image }) => `${image}\n`)
  })
