import type { Texts } from './en.ts'

/** Die Texte des Portals auf Deutsch. */
export const de: Texts = {
  title: 'Ihre Lizenzen',
  loading: 'Wird geladen…',
  back: 'Alle Lizenzen',
  support: 'Hilfe',
  signOut: 'Abmelden',
  language: 'Sprache',
  noPage: 'Unter dieser Adresse gibt es keine Seite.',

  signIn: {
    title: 'Anmelden',
    byMail: 'Stattdessen E-Mail-Adresse verwenden',
    byKey: 'Stattdessen Lizenzschlüssel verwenden',
    mailHint: 'Geben Sie die Adresse ein, mit der Sie gekauft haben. Wir senden Ihnen einen Code.',
    keyHint: 'Sie sehen dann nur diese Lizenz.',
    email: 'E-Mail-Adresse',
    key: 'Lizenzschlüssel',
    sendCode: 'Code senden',
    open: 'Anmelden',
    codeTitle: 'Code eingeben',
    codeSent: (email) =>
      `Falls es zu ${email} eine Lizenz gibt, ist eine E-Mail mit 8 Ziffern unterwegs. Der Code gilt 10 Minuten und nur in diesem Browser.`,
    code: 'Code',
    another: 'Andere Adresse verwenden',
    otherBrowser:
      'Öffnen Sie den Link in dem Browser, in dem Sie den Code angefordert haben, oder fordern Sie hier einen neuen an.',
    off: 'Die Anmeldung ist hier abgeschaltet. Wenden Sie sich an den Anbieter Ihrer Software.',
    ended: 'Sie wurden abgemeldet. Melden Sie sich wieder an.',
  },

  licenses: {
    none: 'Zu dieser Adresse gibt es keine Lizenz',
    noneHint:
      'Haben Sie mit einer anderen Adresse gekauft? Melden Sie sich mit dieser an, oder mit einem Lizenzschlüssel.',
    show: 'Anzeigen',
  },

  status: {
    active: 'Aktiv',
    expired: 'Abgelaufen',
    suspended: 'Pausiert',
    revoked: 'Beendet',
  },
  until: (day) => `bis ${day}`,
  forever: 'unbefristet',
  worksUntil: (day) => `Sie funktioniert noch bis ${day}.`,
  startsOnFirstUse: 'Die Laufzeit beginnt mit der ersten Nutzung.',
  explain: {
    suspended: 'Diese Lizenz funktioniert im Moment nicht.',
    payment: 'Diese Lizenz funktioniert nicht, weil eine Zahlung fehlgeschlagen ist.',
    revoked: 'Diese Lizenz ist endgültig beendet.',
    expired: 'Diese Lizenz ist abgelaufen.',
  },

  license: {
    key: 'Lizenzschlüssel',
    copy: 'Lizenzschlüssel kopieren',
    copied: 'Kopiert',
    reveal: 'Schlüssel anzeigen',
    plan: 'Tarif',
    boughtOn: 'Seit',
    features: 'Funktionen',
    yes: 'ja',
    no: 'nein',
    renew: 'Verlängern',
    devices: 'Geräte',
    domains: 'Domains',
    seats: 'Plätze',
    used: (used, allowed) => `${used} von ${allowed} belegt`,
    usedUnlimited: (used) => `${used} belegt, ohne Obergrenze`,
    unnamed: 'Gerät ohne Namen',
    lastSeen: (distance) => `Zuletzt genutzt ${distance}`,
    never: 'Noch nicht genutzt',
    noPlaces: 'Noch nirgends in Gebrauch. Sobald Sie die Lizenz nutzen, steht es hier.',
    release: 'Freigeben',
    releaseTitle: (name) => `${name} freigeben?`,
    releaseHint: 'Die Software funktioniert dort nicht mehr. Sie können sie anderswo nutzen.',
    released: (name) => `${name} ist freigegeben.`,
    cancel: 'Abbrechen',
    close: 'Schließen',
    budget: (left, limit) =>
      `Sie können noch ${left} freigeben. In 30 Tagen sind es höchstens ${limit}.`,
    budgetNext: (time) => `Die nächste Freigabe ist am ${time} möglich.`,
    budgetNone: 'Um die Lizenz umzuziehen, wenden Sie sich an den Anbieter Ihrer Software.',
    file: 'Ohne Verbindung nutzen',
    fileHint:
      'Für ein Gerät, das nie online ist, erhalten Sie hier eine Lizenzdatei, die Sie dorthin bringen.',
    getFile: 'Lizenzdatei erstellen',
    fileReady: (day) => `Die Datei ist fertig. Sie gilt bis ${day}.`,
    saveFile: 'Datei speichern',
  },

  offline: {
    title: 'Geräte ohne Verbindung',
    intro:
      'Die Software auf Ihrem Gerät zeigt einen Anfragecode. Geben Sie ihn hier ein, und nehmen Sie die Lizenzdatei mit zurück.',
    activate: 'Gerät aktivieren',
    request: 'Anfragecode',
    requestHint: 'Er beginnt mit LQ1. Wenn Sie einen QR-Code gescannt haben, steht er schon hier.',
    getFile: 'Lizenzdatei erstellen',
    ready: 'Die Datei ist fertig. Bringen Sie sie auf das Gerät.',
    qr: 'Lizenzdatei als QR-Code, für ein Gerät mit Kamera',
    free: 'Platz eines Geräts freigeben',
    freeHint:
      'Wenn Sie die Lizenz von einem Gerät entfernen, zeigt die Software einen Rückgabecode.',
    code: 'Rückgabecode',
    freeSlot: 'Platz freigeben',
    freed: 'Der Platz ist frei.',
  },

  thanks: {
    title: 'Vielen Dank',
    preparing: 'Ihre Lizenz wird vorbereitet. Das dauert ein paar Sekunden.',
    long: 'Das dauert länger als sonst. Sie können diese Seite schließen: Der Lizenzschlüssel kommt auch per E-Mail.',
    ready: 'Hier ist Ihre Lizenz.',
    readyMany: 'Hier sind Ihre Lizenzen.',
    keep: 'Bewahren Sie den Schlüssel auf. Sie brauchen ihn, um die Software zu aktivieren.',
    gone: 'Diese Seite kann den Schlüssel nicht mehr zeigen. Melden Sie sich an, um Ihre Lizenzen zu sehen.',
    signIn: 'Zu Ihren Lizenzen',
  },

  problems: {
    unreachable:
      'Der Server ist nicht erreichbar. Prüfen Sie Ihre Verbindung, und versuchen Sie es noch einmal.',
    tooMany: 'Das war zu oft. Warten Sie eine Weile, und versuchen Sie es dann noch einmal.',
    codeWrong:
      'Dieser Code ist falsch oder abgelaufen. Prüfen Sie die Ziffern, oder fordern Sie einen neuen an.',
    keyUnknown:
      'Keine Lizenz hat diesen Schlüssel. Prüfen Sie ihn, oder kopieren Sie ihn aus Ihrer E-Mail.',
    notFound: 'Diese Lizenz wurde nicht gefunden.',
    invalid: 'Prüfen Sie Ihre Eingabe.',
    notActive: 'Diese Lizenz ist nicht aktiv.',
    limit:
      'Diese Lizenz wird schon an so vielen Stellen genutzt, wie sie erlaubt. Geben Sie zuerst eine frei.',
    notAllowed: 'Ihr Tarif erlaubt das nicht. Wenden Sie sich an den Anbieter Ihrer Software.',
    other: (detail) => `Das hat nicht geklappt. ${detail}`,
    retry: 'Noch einmal versuchen',
  },
}
