import type { Texts } from './en.ts'

/** Les textes du portail en français. */
export const fr: Texts = {
  title: 'Vos licences',
  loading: 'Chargement…',
  back: 'Toutes les licences',
  support: 'Aide',
  signOut: 'Se déconnecter',
  language: 'Langue',
  noPage: 'Aucune page ne se trouve à cette adresse.',

  signIn: {
    title: 'Connexion',
    byMail: 'Utiliser votre adresse e-mail',
    byKey: 'Utiliser une clé de licence',
    mailHint: "Saisissez l'adresse utilisée lors de l'achat. Nous y enverrons un code.",
    keyHint: 'Seule cette licence sera affichée.',
    email: 'Adresse e-mail',
    key: 'Clé de licence',
    sendCode: 'Envoyer le code',
    open: 'Se connecter',
    codeTitle: 'Saisissez votre code',
    codeSent: (email) =>
      `Si une licence est liée à ${email}, un e-mail contenant 8 chiffres vient d'être envoyé. Le code est valable 10 minutes, dans ce navigateur uniquement.`,
    code: 'Code',
    another: 'Utiliser une autre adresse',
    otherBrowser:
      'Ouvrez le lien dans le navigateur où vous avez demandé le code, ou demandez-en un nouveau ici.',
    off: "La connexion est désactivée ici. Contactez l'éditeur de votre logiciel.",
    ended: 'Vous avez été déconnecté. Connectez-vous à nouveau.',
  },

  licenses: {
    none: "Aucune licence n'est liée à cette adresse",
    noneHint:
      'Avez-vous acheté avec une autre adresse ? Connectez-vous avec celle-ci, ou avec une clé de licence.',
    show: 'Afficher',
  },

  status: {
    active: 'Active',
    expired: 'Expirée',
    suspended: 'Suspendue',
    revoked: 'Résiliée',
  },
  until: (day) => `jusqu'au ${day}`,
  forever: 'sans limite de durée',
  worksUntil: (day) => `Elle fonctionne encore jusqu'au ${day}.`,
  startsOnFirstUse: 'Sa durée commence à la première utilisation.',
  explain: {
    suspended: 'Cette licence ne fonctionne pas pour le moment.',
    payment: "Cette licence ne fonctionne pas, car un paiement n'a pas abouti.",
    revoked: 'Cette licence a définitivement pris fin.',
    expired: 'Cette licence a expiré.',
  },

  license: {
    key: 'Clé de licence',
    copy: 'Copier la clé de licence',
    copied: 'Copié',
    reveal: 'Afficher la clé',
    plan: 'Formule',
    boughtOn: 'Depuis',
    features: 'Fonctionnalités',
    yes: 'oui',
    no: 'non',
    renew: 'Renouveler',
    devices: 'Appareils',
    domains: 'Domaines',
    seats: 'Postes',
    used: (used, allowed) => `${used} sur ${allowed} utilisés`,
    usedUnlimited: (used) => `${used} utilisés, sans limite`,
    unnamed: 'Appareil sans nom',
    lastSeen: (distance) => `Dernière utilisation ${distance}`,
    never: 'Pas encore utilisé',
    noPlaces:
      "Pas encore utilisée. L'appareil ou le domaine figurera ici dès la première utilisation.",
    release: 'Libérer',
    releaseTitle: (name) => `Libérer ${name} ?`,
    releaseHint: "Le logiciel cessera d'y fonctionner, et vous pourrez l'utiliser ailleurs.",
    released: (name) => `${name} a été libéré.`,
    cancel: 'Annuler',
    close: 'Fermer',
    budget: (left, limit) =>
      `Libérations restantes : ${left}. La limite est de ${limit} sur 30 jours.`,
    budgetNext: (time) => `La prochaine libération sera possible le ${time}.`,
    budgetNone: "Pour transférer cette licence, contactez l'éditeur de votre logiciel.",
    file: 'Utiliser sans connexion',
    fileHint:
      "Pour un appareil qui n'est jamais en ligne, obtenez ici un fichier de licence et copiez-le sur l'appareil.",
    getFile: 'Obtenir un fichier de licence',
    fileReady: (day) => `Le fichier est prêt. Il est valable jusqu'au ${day}.`,
    saveFile: 'Enregistrer le fichier',
  },

  offline: {
    title: 'Appareils sans connexion',
    intro:
      "Le logiciel affiche un code de demande sur votre appareil. Saisissez-le ici, puis copiez le fichier de licence sur l'appareil.",
    activate: 'Activer un appareil',
    request: 'Code de demande',
    requestHint: 'Il commence par LQ1. Si vous avez scanné un code QR, il figure déjà ici.',
    getFile: 'Obtenir le fichier de licence',
    ready: "Le fichier est prêt. Copiez-le sur l'appareil.",
    qr: 'Fichier de licence sous forme de code QR, pour un appareil muni d’une caméra',
    free: "Libérer la place d'un appareil",
    freeHint:
      "Lorsque vous retirez la licence d'un appareil, le logiciel affiche un code de retour.",
    code: 'Code de retour',
    freeSlot: 'Libérer la place',
    freed: 'La place est libre.',
  },

  thanks: {
    title: 'Merci',
    preparing: 'Votre licence est en préparation. Cela prend quelques secondes.',
    long: "C'est plus long que d'habitude. Vous pouvez fermer cette page : la clé vous est aussi envoyée par e-mail.",
    ready: 'Voici votre licence.',
    readyMany: 'Voici vos licences.',
    keep: 'Conservez cette clé. Elle est nécessaire pour activer le logiciel.',
    gone: 'Cette page ne peut plus afficher la clé. Connectez-vous pour voir vos licences.',
    signIn: 'Accéder à vos licences',
  },

  problems: {
    unreachable: 'Le serveur est injoignable. Vérifiez votre connexion, puis réessayez.',
    tooMany: 'Trop de tentatives. Patientez un moment, puis réessayez.',
    codeWrong:
      'Ce code est incorrect ou a expiré. Vérifiez les chiffres, ou demandez un nouveau code.',
    keyUnknown:
      'Aucune licence ne correspond à cette clé. Vérifiez-la, ou copiez-la depuis votre e-mail.',
    notFound: 'Cette licence est introuvable.',
    invalid: 'Vérifiez votre saisie.',
    notActive: "Cette licence n'est pas active.",
    limit:
      "Cette licence est utilisée à autant d'endroits qu'elle le permet. Libérez-en un d'abord.",
    notAllowed: "Votre formule ne le permet pas. Contactez l'éditeur de votre logiciel.",
    other: (detail) => `Cela n'a pas fonctionné. ${detail}`,
    retry: 'Réessayer',
  },
}
