/** Fields of JSON of any shape: one that is absent or of another type is `undefined` or empty. */

/** The value of a text, or `undefined` if the text is not JSON. */
export const parsedJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export type JsonObject = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

export const objectAt = (source: JsonObject, key: string): JsonObject | undefined => {
  const value = source[key]
  return isObject(value) ? value : undefined
}

export const textAt = (source: JsonObject, key: string): string | undefined => {
  const value = source[key]
  return typeof value === "string" ? value : undefined
}

export const numberAt = (source: JsonObject, key: string): number | undefined => {
  const value = source[key]
  return typeof value === "number" ? value : undefined
}

export const listAt = (source: JsonObject, key: string): ReadonlyArray<unknown> => {
  const value = source[key]
  return Array.isArray(value) ? value : []
}

export const textsAt = (source: JsonObject, key: string): ReadonlyArray<string> =>
  listAt(source, key).filter((item) => typeof item === "string")
