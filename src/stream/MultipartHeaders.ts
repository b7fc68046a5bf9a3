/** The headers of a part, and header values with parameters: `form-data; name="file"; filename*=utf-8''a%20b`. */

export interface Parameterized {
  /** What precedes the parameters, in lower case. */
  readonly value: string
  /** By name in lower case. The first of several with one name counts. */
  readonly parameters: ReadonlyMap<string, string>
}

const parameter = /;\s*([^\s=;]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))/gy

export const parameterized = (header: string): Parameterized => {
  const [value = ""] = header.split(";", 1)
  const parameters = new Map<string, string>()
  // Parameters begin at the first `;`; each match begins where the previous one ended.
  parameter.lastIndex = value.length
  for (let match = parameter.exec(header); match !== null; match = parameter.exec(header)) {
    const [, name = "", quoted, plain = ""] = match
    const key = name.toLowerCase()
    if (!parameters.has(key)) parameters.set(key, quoted === undefined ? plain.trim() : quoted.replace(/\\(.)/gs, "$1"))
    while (/\s/.test(header.charAt(parameter.lastIndex))) parameter.lastIndex++
  }
  return { value: value.trim().toLowerCase(), parameters }
}

const percentEncoded = /^(?:[^%]|%[0-9a-f]{2})*$/i

/** Decodes a value of RFC 5987, `utf-8''a%20b`; `undefined` if it is not one, or not UTF-8. */
const extended = (text: string): string | undefined => {
  const [, charset = "", encoded = ""] = /^([^']*)'[^']*'(.*)$/s.exec(text) ?? []
  if (charset.toLowerCase() !== "utf-8" || !percentEncoded.test(encoded)) return undefined
  const bytes = encoded.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes, (each) => each.charCodeAt(0)))
}

/** The headers of a part. */
export interface PartHeaders {
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>
  /** The name of the field in the form. */
  readonly name: string | undefined
  /** `filename*`, which can hold any name, or else `filename`. */
  readonly filename: string | undefined
  /** `Content-Length` in bytes, if present. */
  readonly length: number | undefined
}

/** Parses the lines of a header, without the empty one that ends it. */
export const partHeaders = (text: string): PartHeaders => {
  const headers = new Map<string, string>()
  for (const line of text.split("\r\n")) {
    const colon = line.indexOf(":")
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim())
  }
  const { parameters } = parameterized(headers.get("content-disposition") ?? "")
  const length = headers.get("content-length") ?? ""
  return {
    headers,
    name: parameters.get("name"),
    filename: extended(parameters.get("filename*") ?? "") ?? parameters.get("filename"),
    length: /^\d{1,15}$/.test(length) ? Number(length) : undefined
  }
}
