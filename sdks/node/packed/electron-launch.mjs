// Launches the main process of the Electron example, enters the keys in the arguments, and prints the
// page that it shows and the states.
import { basename } from 'node:path'
import { invoke, loadedFiles } from 'electron'
import './examples/electron/main.js'

const state = await invoke('license:check')
const entered = []
for (const key of process.argv.slice(2)) entered.push(await invoke('license:enter-key', key))
console.log(JSON.stringify({ page: basename(loadedFiles[0]), state, entered }))
process.exit()
