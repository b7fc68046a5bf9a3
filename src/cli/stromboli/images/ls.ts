/** `images ls`. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ImageInfo, Images } from "../../../stromboli.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { green, type Text, yellow } from "../../frame/text.js"
import { ago, size } from "../../frame/words.js"

/** What the rank of an image means for runs. */
const rankText = ({ compatibilityRank }: ImageInfo): Text => {
  switch (compatibilityRank) {
    case 1:
      return green("made for it")
    case 2:
      return green("has it")
    case 3:
      return "can run it"
    case 4:
      return yellow("cannot run it")
    default:
      return "unknown"
  }
}

export const run = () =>
  Effect.gen(function* () {
    const images = yield* Images
    const found = yield* during("Listing images")(images.list)
    const now = yield* Clock.currentTimeMillis
    yield* Output.showList(Schema.typeSchema(ImageInfo), found, {
      columns: [
        { head: "IMAGE", cell: ({ repository, tag }) => `${repository}:${tag}`, whole: true },
        { head: "SIZE", cell: (image) => size(image.size), align: "right" },
        { head: "CREATED", cell: ({ created }) => ago(created, now) },
        { head: "FOR CLAUDE", cell: rankText },
        { head: "DESCRIPTION", cell: ({ description = "" }) => description }
      ],
      empty: "No images."
    })
  })
