/**
 * The part of two peers that is used here. They are installed in `bench/node_modules` alone, and this program must
 * typecheck in a clone where they are absent.
 */

declare module "eventsource-parser" {
  export interface EventSourceMessage {
    readonly data: string
    readonly event?: string | undefined
    readonly id?: string | undefined
  }
  export interface EventSourceParser {
    feed(text: string): void
  }
  export function createParser(callbacks: { readonly onEvent: (event: EventSourceMessage) => void }): EventSourceParser
}

/** Version 3, beside the newest. */
declare module "eventsource-parser-3" {
  export { createParser } from "eventsource-parser"
}

declare module "@daytonaio/sdk" {
  export interface PtyHandle {
    sendInput(data: string | Uint8Array): Promise<void>
    disconnect(): Promise<void>
  }
  export interface Sandbox {
    readonly fs: {
      getFileDetails(path: string): Promise<unknown>
      downloadFile(remotePath: string, localPath: string): Promise<void>
      uploadFile(localPath: string, remotePath: string): Promise<void>
    }
    readonly process: {
      executeCommand(command: string): Promise<{ readonly result: string }>
      connectPty(
        id: string,
        options: { readonly onData: (data: Uint8Array) => void | Promise<void> }
      ): Promise<PtyHandle>
    }
    delete(): Promise<void>
  }
  export class Daytona {
    constructor(configuration: { readonly apiKey: string; readonly apiUrl: string; readonly target: string })
    get(id: string): Promise<Sandbox>
    create(): Promise<Sandbox>
  }
}
