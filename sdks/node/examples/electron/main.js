import { join } from 'node:path'
import { app, BrowserWindow, ipcMain } from 'electron'
import { checkLicense, enterKey } from './license.js'

// The windows get the state only, and can neither change it nor talk to the license server.
ipcMain.handle('license:check', () => checkLicense())
ipcMain.handle('license:enter-key', (_event, key) => enterKey(key))

await app.whenReady()

// The license is checked at launch. If it was checked before, this needs no connection.
const { allowed } = await checkLicense()
const window = new BrowserWindow({
  webPreferences: { preload: join(import.meta.dirname, 'preload.cjs') },
})
await window.loadFile(join(import.meta.dirname, allowed ? 'app.html' : 'license.html'))

app.on('window-all-closed', () => app.quit())
