import { toolName } from "./tool.ts";
import type { FlashCode, FlashDetails, FlashError } from "./problem.ts";
import { sentences } from "./sentences.ts";

export const languages = ["en", "fr"] as const;
export type Language = (typeof languages)[number];

/** The sentence for a failure, in the reader's language. */
export function sentenceFor({ code, details }: FlashError, language: Language): string {
  return fill(sentences[code][language], details);
}

/** The process's exit code for a cause; after sysexits.h where it has one. */
export function exitCodeFor(code: FlashCode): number {
  return sentences[code].exit;
}

const words = {
  seek: { en: "looking for the board", fr: "recherche de la carte" },
  identify: { en: "asking the board what it is", fr: "identification de la carte" },
  survey: { en: "looking what must be read", fr: "recherche de ce qui est à lire" },
  backup: { en: "reading the backup", fr: "lecture de la sauvegarde" },
  "backup-amount": {
    en: "backup: {size} KiB of {disk} MiB are to be read: about {left}",
    fr: "sauvegarde : {size} Kio sur {disk} Mio à lire : environ {left}",
  },
  "backup-ask": { en: "Go on? [y/N] ", fr: "Continuer ? [o/N] " },
  "backed-up": {
    en: "backup of box {serial} in {file}: {size} KiB, {read} KiB read",
    fr: "sauvegarde du boîtier {serial} dans {file} : {size} Kio, {read} Kio lus",
  },
  compare: { en: "comparing", fr: "comparaison" },
  recovery: { en: "recovery image", fr: "image de secours" },
  write: { en: "writing", fr: "écriture" },
  verify: { en: "reading back", fr: "relecture" },
  "power-the-board": {
    en: "no answer yet: switch the board off and on",
    fr: "pas encore de réponse : éteignez et rallumez la carte",
  },
  "nothing-heard": {
    en: "nothing heard: listening at {baud} baud",
    fr: "rien entendu : écoute à {baud} bauds",
  },
  "garbage-heard": {
    en: "garbage heard, wrong speed? Listening at {baud} baud",
    fr: "réception illisible, mauvaise vitesse ? Écoute à {baud} bauds",
  },
  "speed-found": { en: "the board speaks at {baud} baud", fr: "la carte parle à {baud} bauds" },
  again: { en: "the line failed ({code}); trying again", fr: "la ligne a failli ({code}) ; nouvel essai" },
  left: { en: "{rate} KiB/s, {left} left", fr: "{rate} Kio/s, reste {left}" },
  found: { en: "found: {name}, disk of {size} MiB", fr: "trouvé : {name}, disque de {size} Mio" },
  start: { en: "starting the box, waiting for its first Inform", fr: "démarrage, attente du premier Inform" },
  made: {
    en: "box {serial}: label in {file}",
    fr: "boîtier {serial} : étiquette dans {file}",
  },
  started: {
    en: "the box called the ACS after {seconds} s",
    fr: "le boîtier a appelé l’ACS après {seconds} s",
  },
  nameless: {
    en: "This board has no identity: as a box it needs --serial, or --station.",
    fr: "Cette carte n’a pas d’identité : pour servir, il lui faut --serial ou --station.",
  },
  identity: {
    en: "its identity: serial number {serial}, MAC {mac}",
    fr: "son identité : numéro de série {serial}, MAC {mac}",
  },
  network: { en: "network", fr: "réseau" },
  serial: { en: "serial console", fr: "console série" },
  "fast-serial": { en: "faster serial console", fr: "console série accélérée" },
  "way-chosen": {
    en: "{size} KiB to send over the {way}, {rate} KiB/s: about {left}",
    fr: "{size} Kio à envoyer par {way}, {rate} Kio/s : environ {left}",
  },
  "way-other": {
    en: "  (over the {way}, {rate} KiB/s: about {left})",
    fr: "  (par {way}, {rate} Kio/s : environ {left})",
  },
  "way-failed": { en: "not over the {way}: {why}", fr: "pas par {way} : {why}" },
  done: {
    en: "Done: the disk equals the image. {changed} KiB differed, {sent} KiB sent in {seconds} s.",
    fr: "Terminé : le disque est égal à l’image. {changed} Kio différaient, {sent} Kio envoyés en {seconds} s.",
  },
  "dry-run": {
    en: "Dry run: {changed} KiB differ; nothing was written.",
    fr: "Essai à blanc : {changed} Kio diffèrent ; rien n’a été écrit.",
  },
  "no-ports": {
    en: "No serial port: plug in the serial cable.",
    fr: "Aucun port série : branchez le câble série.",
  },
  report: { en: "TEST REPORT", fr: "RAPPORT D’ESSAI" },
} satisfies Record<string, Record<Language, string>>;

export function say(word: keyof typeof words, language: Language, details: FlashDetails = {}): string {
  return fill(words[word][language], details);
}

function fill(text: string, details: FlashDetails): string {
  return text.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    String(details[name] ?? (name === "tool" ? toolName : "?")),
  );
}
