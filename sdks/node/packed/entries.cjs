// Requires the entries as CommonJS. Its argument is the name of the runtime.
const root = require('licet')
const admin = require('licet/admin')
const web = require('licet/web')

const names = [root.NoAnswer, admin.LicetAdmin, web.NoAnswer].map((each) => each.name)
const isRight = names.join() === 'NoAnswer,LicetAdmin,NoAnswer' && root.NoAnswer === web.NoAnswer
console.log(
  `${isRight ? 'ok' : 'not ok'} - ${process.argv[2]}: the entries are required as CommonJS`,
)
