/** `images search`. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { FoundImage, ImageName, Images } from "../../../stromboli.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"

export const run = ({ limit, words }: { readonly limit: number; readonly words: string }) =>
  Effect.gen(function* () {
    const images = yield* Images
    const found = yield* during(`Searching for ${words}`)(images.search(ImageName.make(words), { limit }))
    yield* Output.showList(Schema.typeSchema(FoundImage), found, {
      columns: [
        { head: "NAME", cell: ({ name }) => name, whole: true },
        { head: "STARS", cell: ({ stars }) => `${stars}`, align: "right" },
        { head: "OFFICIAL", cell: ({ official }) => (official ? "yes" : "") },
        { head: "DESCRIPTION", cell: ({ description }) => description }
      ],
      empty: "No image was found."
    })
  })
