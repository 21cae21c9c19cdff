const { contextBridge, ipcRenderer } = require('electron')

contextBridge.exposeInMainWorld('license', {
  check: () => ipcRenderer.invoke('license:check'),
  enterKey: (key) => ipcRenderer.invoke('license:enter-key', String(key)),
})
