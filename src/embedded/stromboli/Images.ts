/** Container images: those of the host, and those of a registry. */
import { createHash } from "node:crypto"
import * as Effect from "effect/Effect"
import * as GoTime from "./go/time.js"
import type { ImageSeed, RegistrySeed, Settings } from "./Options.js"

const labelPrefix = "ai.stromboli."

interface Image extends ImageSeed {
  readonly id: string
  readonly tag: string
}

/** The images of the host and of a registry. */
export interface Images {
  readonly list: Effect.Effect<ReadonlyArray<object>>
  readonly inspect: (name: string) => Effect.Effect<object | undefined>
  readonly search: (query: string, limit: number, wholeDescriptions: boolean) => Effect.Effect<ReadonlyArray<object>>
  /** The id of the pulled image; `undefined` if no registry has it. */
  readonly pull: (name: string) => Effect.Effect<string | undefined>
}

const forbidden = [/\/\//, /::/, /\.\.\./, /---/, /___/, /@.*@/]

/** The server counts before it looks at the characters. */
export const isTooLong = (name: string): boolean => name.length > 255

/** Whether the server accepts an image name or a search term. */
export const isValidName = (name: string): boolean =>
  name.length >= 1 &&
  !isTooLong(name) &&
  /^[a-zA-Z0-9][a-zA-Z0-9._:/@-]*$/.test(name) &&
  !forbidden.some((pattern) => pattern.test(name))

export const make = (settings: Settings): Images => {
  const local = settings.images.map((seed) => toImage(seed))
  return {
    list: Effect.sync(() =>
      local
        .filter((image) => image.repository !== "<none>")
        // The list does not read labels, so everything that depends on them is false.
        .map((image) => basics(image, rankOf(image, {}), false))
        .sort((a, b) => a.compatibility_rank - b.compatibility_rank)
    ),
    inspect: (name) =>
      Effect.sync(() => {
        const image = local.find((candidate) => isNamed(candidate, name))
        return image === undefined ? undefined : detail(image)
      }),
    search: (query, limit, wholeDescriptions) =>
      Effect.sync(() =>
        settings.registry
          .filter((entry) => entry.name.includes(query.replace(/^docker\.io\//, "")))
          .slice(0, limit)
          .map((entry) => searchResult(entry, wholeDescriptions))
      ),
    pull: (name) =>
      Effect.sync(() => {
        const { repository, tag } = parseName(name)
        const known =
          local.some((image) => isNamed(image, name)) ||
          settings.registry.some((entry) => shortName(entry.name) === shortName(repository))
        if (!known) return undefined
        const existing = local.find((image) => isNamed(image, name))
        const image = existing ?? toImage({ repository, tag })
        if (existing === undefined) local.push(image)
        return image.id
      })
  }
}

const toImage = (seed: ImageSeed): Image => {
  const tag = seed.tag ?? "latest"
  return { ...seed, tag, id: createHash("sha256").update(`${seed.repository}:${tag}`).digest("hex") }
}

// Podman completes short names with a registry, so all these forms mean the same image.
const shortName = (repository: string): string =>
  repository.replace(/^(docker\.io\/library|docker\.io|localhost)\//, "")

const parseName = (name: string): { readonly repository: string; readonly tag: string } => {
  const colon = name.lastIndexOf(":")
  return colon > name.lastIndexOf("/")
    ? { repository: name.slice(0, colon), tag: name.slice(colon + 1) }
    : { repository: name, tag: "latest" }
}

const isNamed = (image: Image, name: string): boolean => {
  const { repository, tag } = parseName(name)
  return image.id === name || (shortName(image.repository) === shortName(repository) && image.tag === tag)
}

const rankOf = (image: Image, labels: Readonly<Record<string, string>>): 1 | 2 | 3 | 4 => {
  if (labels[`${labelPrefix}compatible`] === "true") return 1
  if (/alpine|musl|distroless/i.test(`${image.repository}:${image.tag}`)) return 4
  return labels[`${labelPrefix}claude-cli`] === "true" || /claude/i.test(image.repository) ? 2 : 3
}

const rankDescriptions = {
  1: "Verified compatible",
  2: "Has Claude CLI",
  3: "Standard glibc image",
  4: "Incompatible (Alpine/musl)"
} as const

const basics = (image: Image, rank: 1 | 2 | 3 | 4, hasClaudeCli: boolean) => ({
  id: image.id,
  repository: image.repository,
  tag: image.tag,
  size: image.size ?? 0,
  created: image.created === undefined ? "0001-01-01T00:00:00Z" : GoTime.toSeconds(image.created),
  compatibility_rank: rank,
  compatible: rank <= 2,
  has_claude_cli: hasClaudeCli
})

const detail = (image: Image) => {
  const labels = image.labels ?? {}
  const rank = rankOf(image, labels)
  const tools = labels[`${labelPrefix}tools`]
  const description = labels[`${labelPrefix}description`]
  return {
    ...basics(image, rank, labels[`${labelPrefix}claude-cli`] === "true"),
    ...(tools === undefined ? {} : { tools: tools.split(",").map((tool) => tool.trim()) }),
    ...(description === undefined ? {} : { description }),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    rank_description: rankDescriptions[rank]
  }
}

const searchResult = (entry: RegistrySeed, wholeDescription: boolean) => {
  const description = entry.description ?? ""
  return {
    index: entry.name.split("/", 1).join(""),
    name: entry.name,
    description: wholeDescription || description.length <= 44 ? description : `${description.slice(0, 41)}...`,
    stars: entry.stars ?? 0,
    official: entry.official ?? false,
    automated: entry.automated ?? false
  }
}
