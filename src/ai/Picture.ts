/** A picture in the answer of a tool. */
import * as Effect from "effect/Effect"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

const pictureFields = {
  mediaType: Schema.Literal("image/png", "image/jpeg"),
  bytes: Schema.Uint8ArrayFromSelf
}

/** A picture, as its file. */
export interface Picture extends Schema.Struct.Type<typeof pictureFields> {}

/**
 * Its encoded form, which is what a model reads as text, says only what it is: bytes in text would cost a model
 * thousands of tokens and show it nothing. So it cannot be decoded. Whoever can show pictures takes them from the
 * result, see `pictureOf`.
 */
export const Picture = Schema.transformOrFail(Schema.String, Schema.Struct(pictureFields), {
  strict: true,
  decode: (text, _, ast) =>
    ParseResult.fail(new ParseResult.Forbidden(ast, text, "the text of a picture does not have its bytes")),
  encode: ({ bytes, mediaType }) => Effect.succeed(`${mediaType}, ${bytes.length} bytes, attached`)
})

const isPicture = Schema.is(Schema.typeSchema(Picture))

/** The picture in the result of a tool call, if there is one. `result` is that of `handle`, not its encoded form. */
export const pictureOf = (result: unknown): Picture | undefined =>
  Predicate.hasProperty(result, "picture") && isPicture(result.picture) ? result.picture : undefined
