/** The endpoints for language servers. Older daemons give no reasons. */
import * as Schema from "effect/Schema"
import * as Operation from "../../../../internal/Operation.js"
import {
  Completions,
  LspCompletionsBody,
  LspDocumentBody,
  LspServerBody,
  LspSymbolsQuery,
  Symbols
} from "../../../../schema/daytona/toolbox/LanguageServer.js"

const notRunning = "the language server is not running, or the daemon does not know the language"

export const operations = {
  start: Operation.make("LanguageServer.start", "POST", "/lsp/start", {
    body: LspServerBody,
    success: Schema.Void,
    // It answers when the server is ready, which takes a large project a while.
    timeout: "2 minutes",
    meanings: {
      400: "the daemon knows no server for this language",
      500: "the language server did not start: `typescript-language-server` with `typescript`, or `pylsp`, must be on the path of the sandbox"
    }
  }),
  stop: Operation.make("LanguageServer.stop", "POST", "/lsp/stop", {
    body: LspServerBody,
    success: Schema.Void,
    meanings: { 400: notRunning, 500: "the language server is not running" }
  }),
  open: Operation.make("LanguageServer.open", "POST", "/lsp/did-open", {
    body: LspDocumentBody,
    success: Schema.Void,
    meanings: { 400: `there is no such file, or ${notRunning}` }
  }),
  close: Operation.make("LanguageServer.close", "POST", "/lsp/did-close", {
    body: LspDocumentBody,
    success: Schema.Void,
    meanings: { 400: notRunning }
  }),
  completions: Operation.make("LanguageServer.completions", "POST", "/lsp/completions", {
    body: LspCompletionsBody,
    success: Completions,
    retry: "always",
    timeout: "1 minute",
    meanings: {
      400: `the file is not open, or ${notRunning}`,
      500: "the daemon did not understand the language server"
    }
  }),
  documentSymbols: Operation.make("LanguageServer.documentSymbols", "GET", "/lsp/document-symbols", {
    query: LspDocumentBody,
    success: Symbols,
    timeout: "1 minute",
    meanings: { 400: `the file is not open, or ${notRunning}` }
  }),
  workspaceSymbols: Operation.make("LanguageServer.workspaceSymbols", "GET", "/lsp/workspacesymbols", {
    query: LspSymbolsQuery,
    success: Symbols,
    timeout: "1 minute",
    meanings: { 400: notRunning }
  })
}
