/** Chromium without a window. */

/** Debian's package; `CHROMIUM` names another one. */
export const binary = process.env["CHROMIUM"] ?? "/usr/bin/chromium"

export const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync"
]
