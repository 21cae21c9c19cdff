// Compiled as CommonJS: the types of the entries must be those of CommonJS modules.
import licet = require('licet')
import admin = require('licet/admin')
import web = require('licet/web')

const licenses: AsyncIterable<admin.License> = new admin.LicetAdmin(
  'https://a.example',
  'licet_fake',
).licenses.list()
const error: Error = new licet.NoAnswer('network', 'The server cannot be reached.')
const webError: web.NoAnswer = new licet.NoAnswer('network', 'The server cannot be reached.')
export = { licenses, error, webError }
