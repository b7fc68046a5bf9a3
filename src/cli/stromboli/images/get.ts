/** `images get`. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ImageDetail, ImageName, Images } from "../../../stromboli.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { fields } from "../../frame/table.js"
import type { Text } from "../../frame/text.js"
import { ago, size } from "../../frame/words.js"

const imageText = (image: ImageDetail, now: number): Text =>
  fields([
    ["Image", `${image.repository}:${image.tag}`],
    ["Id", image.id],
    ["Size", size(image.size)],
    ["Created", ago(image.created, now)],
    ["Runs Claude", image.compatible ? "yes" : "no"],
    ["Has Claude", image.hasClaudeCli ? "yes" : "no"],
    ["Rank", image.rankDescription],
    ["Tools", image.tools?.join(", ")],
    ["Description", image.description],
    ...Object.entries(image.labels ?? {}).map(([name, value]) => [`Label ${name}`, value] as const)
  ])

export const run = ({ name }: { readonly name: string }) =>
  Effect.gen(function* () {
    const images = yield* Images
    const image = yield* during(`Getting ${name}`)(images.get(ImageName.make(name)))
    const now = yield* Clock.currentTimeMillis
    yield* Output.show(Schema.typeSchema(ImageDetail), image, (shown) => imageText(shown, now))
  })
