/** Requests to language servers and their results. Positions are zero-based, as everywhere in LSP. */
import * as Schema from "effect/Schema"
import { openLiteral } from "../../openLiteral.js"
import { wireStruct } from "../../wireStruct.js"

/** The languages that the daemon has a server for. */
export const ServedLanguage = openLiteral("typescript", "javascript", "python")
export type ServedLanguage = typeof ServedLanguage.Type

const Index = Schema.Int.pipe(Schema.nonNegative())

const positionFields = {
  /** Zero-based. */
  line: Index,
  /** Zero-based, in UTF-16 code units, as in JavaScript strings. */
  character: Index
}

/** A position in a file. */
export interface TextPosition extends Schema.Struct.Type<typeof positionFields> {}
export const TextPosition = wireStruct(positionFields)

const rangeFields = { start: TextPosition, end: TextPosition }

/** A range in a file; `end` is exclusive. */
export interface TextRange extends Schema.Struct.Type<typeof rangeFields> {}
export const TextRange = wireStruct(rangeFields)

const contextFields = {
  /** 1: invoked; 2: `triggerCharacter` was typed; 3: the previous list was incomplete. */
  triggerKind: Schema.Literal(1, 2, 3),
  triggerCharacter: Schema.optional(Schema.NonEmptyString)
}

/** Why completions are requested. */
export interface CompletionContext extends Schema.Struct.Type<typeof contextFields> {}

const itemFields = {
  label: Schema.String,
  /** `CompletionItemKind` of LSP: 2 is a method, 3 a function, 6 a variable. */
  kind: Schema.optional(Schema.Number),
  detail: Schema.optional(Schema.String),
  /** A string, or an object with `kind` and `value`. */
  documentation: Schema.optional(Schema.Unknown),
  sortText: Schema.optional(Schema.String),
  filterText: Schema.optional(Schema.String),
  insertText: Schema.optional(Schema.String)
}

/** One completion. */
export interface CompletionItem extends Schema.Struct.Type<typeof itemFields> {}
export const CompletionItem = wireStruct(itemFields)

const completionsFields = {
  /** Whether further typing may yield other items. */
  isIncomplete: Schema.Boolean,
  items: Schema.Array(CompletionItem)
}

/** The completions at a position. */
export interface Completions extends Schema.Struct.Type<typeof completionsFields> {}
export const Completions = wireStruct(completionsFields, { absent: { isIncomplete: false, items: [] } })

const namedFields = {
  name: Schema.String,
  /** `SymbolKind` of LSP: 5 is a class, 6 a method, 12 a function, 13 a variable. */
  kind: Schema.Number
}

const Location = wireStruct({ uri: Schema.String, range: TextRange })

const symbolFields = {
  ...namedFields,
  /** Older daemons lose it when the server responds with a tree of symbols. */
  location: Schema.optional(Location)
}

/** A named symbol in the code. */
export interface CodeSymbol extends Schema.Struct.Type<typeof symbolFields> {}
export const CodeSymbol = Schema.Struct(symbolFields)

/** A lost location is sent with an empty URI. */
export const Symbols = Schema.NullOr(Schema.Array(wireStruct({ ...namedFields, location: Location })))

const serverFields = { languageId: Schema.NonEmptyString, pathToProject: Schema.NonEmptyString }
const documentFields = { ...serverFields, uri: Schema.NonEmptyString }

export const LspServerBody = wireStruct(serverFields)

export const LspDocumentBody = wireStruct(documentFields)

export const LspSymbolsQuery = wireStruct({ ...serverFields, query: Schema.NonEmptyString })

export const LspCompletionsBody = wireStruct({
  ...documentFields,
  position: TextPosition,
  context: Schema.optional(wireStruct(contextFields))
})
