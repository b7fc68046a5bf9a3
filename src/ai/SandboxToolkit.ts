/** Tools with which a language model works in a sandbox. */
import * as Commands from "./commands/tools.js"
import * as Desktop from "./desktop/tools.js"
import * as Files from "./files/tools.js"
import * as Git from "./git/tools.js"
import * as Python from "./python/tools.js"
import * as Servers from "./servers/tools.js"

/** `run_command`. */
export const commands = Commands.toolkit

/** `read_file`, `write_file`, `edit_file`, `list_directory`, `find_files` and `search_files`. */
export const files = Files.toolkit

/** `run_python` and `reset_python`. */
export const python = Python.toolkit

/** `start_server`, `read_server_output` and `stop_server`. */
export const servers = Servers.toolkit

/** `git_clone`, `git_status`, `git_diff`, `git_log`, `git_commit` and `git_branch`. */
export const git = Git.toolkit

/**
 * `desktop_screenshot`, `desktop_click`, `desktop_move_mouse`, `desktop_drag`, `desktop_scroll`, `desktop_type` and
 * `desktop_press`.
 */
export const desktop = Desktop.toolkit

export { layerMcpHttp, type McpHttpOptions, mcpHttpApp } from "./mcp/http.js"
export type { McpOptions } from "./mcp/options.js"
export { type McpStdioOptions, mcpStdio } from "./mcp/stdio.js"
