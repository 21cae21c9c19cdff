// Takes the place of the package `electron` for the main process of the example.
import { mkdirSync } from 'node:fs'

const listeners = new Map()

/** The files that the windows have loaded, in order. */
export const loadedFiles = []

/** Calls a handler of the main process as a window does: what is passed and returned is cloned. */
export async function invoke(channel, ...values) {
  return structuredClone(await listeners.get(channel)({}, ...structuredClone(values)))
}

export const ipcMain = { handle: (channel, listener) => listeners.set(channel, listener) }

export const app = {
  whenReady: async () => {},
  on: () => {},
  quit: () => {},
  getPath: () => {
    mkdirSync(process.env.USER_DATA, { recursive: true })
    return process.env.USER_DATA
  },
}

export class BrowserWindow {
  async loadFile(path) {
    loadedFiles.push(path)
  }
}
