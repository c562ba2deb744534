import type { FlashCode } from "./problem.ts";

type Sentence = Record<"en" | "fr", string> & { exit: number };

const exits = {
  image: 65,
  missing: 66,
  silent: 69,
  unwritten: 73,
  unfit: 70,
  damaged: 76,
  line: 74,
  port: 75,
  denied: 77,
  station: 78,
};

/** One sentence a cause, with what to do about it; `{name}` is filled from the details. */
export const sentences: Record<FlashCode, Sentence> = {
  USAGE: {
    exit: 64,
    en: "Wrong command line ({reason}): see --help.",
    fr: "Ligne de commande incorrecte ({reason}) : voir --help.",
  },
  PORT_MISSING: {
    exit: exits.port,
    en: "There is no port {port}: plug in the serial cable, then see `{tool} list`.",
    fr: "Le port {port} n’existe pas : branchez le câble série, puis voyez `{tool} list`.",
  },
  PORT_BUSY: {
    exit: exits.port,
    en: "Another program uses {port}: close that terminal program (or other flash run) and try again.",
    fr: "Un autre programme utilise {port} : fermez ce terminal (ou l’autre flash) et recommencez.",
  },
  PORT_DENIED: {
    exit: exits.denied,
    en: "You may not use {port}: add yourself to the group that owns it (`sudo usermod -aG dialout $USER`), log in again and try again.",
    fr: "Vous n’avez pas le droit d’utiliser {port} : ajoutez-vous à son groupe (`sudo usermod -aG dialout $USER`), rouvrez la session et recommencez.",
  },
  PORT_FAILED: {
    exit: exits.port,
    en: "{port} cannot be opened as a serial port ({reason}): choose another from `{tool} list`.",
    fr: "{port} ne s’ouvre pas comme port série ({reason}) : choisissez-en un autre avec `{tool} list`.",
  },
  LINE_LOST: {
    exit: exits.line,
    en: "The serial cable on {port} went away: plug it in and give the same command again; it goes on where it stopped.",
    fr: "Le câble série sur {port} a disparu : rebranchez-le et relancez la même commande ; elle reprend où elle s’est arrêtée.",
  },
  NO_ANSWER: {
    exit: exits.silent,
    en: "The board said nothing we understand for {seconds} s: check cable (TX and RX crossed, ground) and power, then switch it off and on while this runs.",
    fr: "La carte n’a rien dit de compréhensible pendant {seconds} s : vérifiez le câble (TX et RX croisés, masse) et l’alimentation, puis éteignez et rallumez-la pendant l’exécution.",
  },
  WRONG_BAUD: {
    exit: exits.silent,
    en: "What the board says is unreadable at {baud} baud: check the ground wire, or give its speed with --baud (without it the usual ones are tried).",
    fr: "Ce que dit la carte est illisible à {baud} bauds : vérifiez le fil de masse, ou donnez sa vitesse avec --baud (sans lui, les vitesses usuelles sont essayées).",
  },
  BOOT_LOOP: {
    exit: exits.silent,
    en: "The board started {starts} times without opening its console: check the power supply; if it is good, the bootloader is damaged.",
    fr: "La carte a démarré {starts} fois sans ouvrir sa console : vérifiez l’alimentation ; si elle est bonne, le chargeur est abîmé.",
  },
  SYSTEM_RUNNING: {
    exit: exits.silent,
    en: "The board's system is running and asks for a login: switch the board off and on while this command runs.",
    fr: "Le système de la carte tourne et demande un identifiant : éteignez et rallumez la carte pendant l’exécution.",
  },
  COMMAND_FAILED: {
    exit: exits.damaged,
    en: "The board refused “{command}” ({answer}): its disk or bootloader may be faulty; try another board.",
    fr: "La carte a refusé « {command} » ({answer}) : son disque ou son chargeur est peut-être en panne ; essayez une autre carte.",
  },
  COMMAND_TIMEOUT: {
    exit: exits.damaged,
    en: "The board did not finish “{command}” in time: switch it off and on and give the same command again.",
    fr: "La carte n’a pas fini « {command} » à temps : éteignez-la, rallumez-la et relancez la même commande.",
  },
  LINE_NOISY: {
    exit: exits.line,
    en: "The line garbles what is typed (“{command}”): use a shorter or better cable, away from power supplies.",
    fr: "La ligne déforme ce qui est tapé (« {command} ») : prenez un câble plus court ou meilleur, loin des alimentations.",
  },
  BOARD_RESTARTED: {
    exit: exits.line,
    en: "The board restarted again and again during the work: check its power supply, then give the same command again.",
    fr: "La carte a redémarré plusieurs fois pendant le travail : vérifiez l’alimentation, puis relancez la même commande.",
  },
  TRANSFER_FAILED: {
    exit: exits.line,
    en: "The transfer broke off ({cause}): check the cable and give the same command again; it goes on where it stopped.",
    fr: "Le transfert s’est interrompu ({cause}) : vérifiez le câble et relancez la même commande ; elle reprend où elle s’est arrêtée.",
  },
  TICKET_NEEDED: {
    exit: exits.denied,
    en: "This is a customer's box ({serial}): it opens to its ticket only; have one made (`npm run board-image -- ticket --serial {serial}`) and give it with --ticket FILE.",
    fr: "C’est le boîtier d’un client ({serial}) : il ne s’ouvre qu’à son ticket ; faites-en faire un (`npm run board-image -- ticket --serial {serial}`) et donnez-le avec --ticket FICHIER.",
  },
  TICKET_REFUSED: {
    exit: exits.denied,
    en: "Box {serial} refused the ticket: it is for another box, or of another signer; switch the box off and on and try its own.",
    fr: "Le boîtier {serial} a refusé le ticket : il est pour un autre boîtier ou d’un autre signataire ; éteignez-le, rallumez-le et essayez le sien.",
  },
  IDENTITY_MISSING: {
    exit: 64,
    en: "The box needs {missing}: the board itself does not say it; nothing was written.",
    fr: "Il faut {missing} pour ce boîtier : la carte ne le dit pas elle-même ; rien n’a été écrit.",
  },
  STATION_FAILED: {
    exit: exits.station,
    en: "The ACS did not take it: {reason}",
    fr: "L’ACS ne l’a pas accepté : {reason}",
  },
  BOX_SILENT: {
    exit: exits.damaged,
    en: "The box was flashed and started, but said nothing to the ACS for {seconds} s: check its Ethernet cable and --acs; if they are right, the box is faulty.",
    fr: "Le boîtier a été flashé et démarré, mais n’a rien dit à l’ACS pendant {seconds} s : vérifiez son câble Ethernet et --acs ; s’ils sont bons, il est en panne.",
  },
  SPEED_UNKNOWN: {
    exit: exits.unfit,
    en: "The board's console knows no {baud} baud: it stays as it is.",
    fr: "La console de la carte ne connaît pas {baud} bauds : elle reste comme elle est.",
  },
  NETWORK_DENIED: {
    exit: exits.denied,
    en: "You may not serve files on UDP port {port} ({reason}): run this as root, allow it with `sudo sysctl net.ipv4.ip_unprivileged_port_start=69`, or use --way serial.",
    fr: "Vous n’avez pas le droit de servir des fichiers sur le port UDP {port} ({reason}) : exécutez en root, autorisez-le par `sudo sysctl net.ipv4.ip_unprivileged_port_start=69`, ou prenez --way serial.",
  },
  NETWORK_BUSY: {
    exit: exits.port,
    en: "Another TFTP server has UDP port {port}: stop it, or use --way serial.",
    fr: "Un autre serveur TFTP occupe le port UDP {port} : arrêtez-le, ou prenez --way serial.",
  },
  NETWORK_FAILED: {
    exit: exits.line,
    en: "The board cannot fetch from this machine over the network ({reason}): check the Ethernet cable, DHCP and firewall, or use --way serial.",
    fr: "La carte n’arrive pas à chercher de fichier sur cette machine par le réseau ({reason}) : vérifiez le câble Ethernet, le DHCP et le pare-feu, ou prenez --way serial.",
  },
  RECOVERY_REFUSED: {
    exit: exits.unfit,
    en: "The board does not start the recovery image ({answer}): take the one that was signed for it, or use --way serial.",
    fr: "La carte ne démarre pas l’image de secours ({answer}) : prenez celle signée pour elle, ou --way serial.",
  },
  RECOVERY_SILENT: {
    exit: exits.line,
    en: "The recovery image on the board does not answer any more: switch the board off and on and give the same command again; it goes on where it stopped.",
    fr: "L’image de secours sur la carte ne répond plus : éteignez et rallumez la carte et relancez la même commande ; elle reprend où elle s’est arrêtée.",
  },
  BOARD_UNKNOWN: {
    exit: exits.unfit,
    en: "This board ({board}) is none that the tool knows: nothing was written; check which board is attached.",
    fr: "Cette carte ({board}) n’est pas connue de l’outil : rien n’a été écrit ; vérifiez quelle carte est branchée.",
  },
  BOARD_INCAPABLE: {
    exit: exits.unfit,
    en: "The board lacks {missing}: nothing was written; check its disk, or have its bootloader renewed.",
    fr: "Il manque {missing} à la carte : rien n’a été écrit ; vérifiez son disque, ou faites renouveler son chargeur.",
  },
  DISK_TOO_SMALL: {
    exit: exits.unfit,
    en: "The image ({image} bytes) is larger than the board's disk ({disk} bytes): nothing was written; choose this board's image.",
    fr: "L’image ({image} octets) est plus grande que le disque de la carte ({disk} octets) : rien n’a été écrit ; prenez l’image de cette carte.",
  },
  VERIFY_FAILED: {
    exit: exits.damaged,
    en: "What was written at byte {offset} reads back differently: the disk is faulty; do not use this board.",
    fr: "Ce qui a été écrit à l’octet {offset} se relit autrement : le disque est en panne ; n’utilisez pas cette carte.",
  },
  BACKUP_FAILED: {
    exit: exits.unwritten,
    en: "The backup {file} cannot be written ({reason}): give another name or folder; nothing was written to the board.",
    fr: "La sauvegarde {file} ne peut pas être écrite ({reason}) : donnez un autre nom ou dossier ; rien n’a été écrit sur la carte.",
  },
  BACKUP_NO_ROOM: {
    exit: exits.unwritten,
    en: "The backup may need {need} MiB and {folder} has {free}: make room, or give --backup another folder; nothing was written to the board.",
    fr: "La sauvegarde peut demander {need} Mio et {folder} en a {free} : faites de la place, ou donnez un autre dossier à --backup ; rien n’a été écrit sur la carte.",
  },
  BACKUP_TOO_LONG: {
    exit: exits.unwritten,
    en: "The backup would take {minutes} minutes over this console: say --yes, raise it with --fast-baud, or give --image the version that the board has (what is equal is not read); nothing was written to the board.",
    fr: "La sauvegarde prendrait {minutes} minutes par cette console : dites --yes, accélérez-la avec --fast-baud, ou donnez à --image la version qu’a la carte (ce qui est égal n’est pas lu) ; rien n’a été écrit sur la carte.",
  },
  BACKUP_FOREIGN_FILE: {
    exit: exits.image,
    en: "{file} is no backup of this tool: give --restore what --backup wrote; the board was not touched.",
    fr: "{file} n’est pas une sauvegarde de cet outil : donnez à --restore ce que --backup a écrit ; la carte n’a pas été touchée.",
  },
  BACKUP_FOREIGN: {
    exit: exits.image,
    en: "The backup is of box {backup}, this one is {board}: two boxes with one identity disturb each other; restore it there, or say why here with --allow REASON; nothing was written.",
    fr: "La sauvegarde est celle du boîtier {backup}, celui-ci est {board} : deux boîtiers de même identité se gênent ; restaurez-la là-bas, ou dites pourquoi ici avec --allow RAISON ; rien n’a été écrit.",
  },
  IMAGE_MISSING: {
    exit: exits.missing,
    en: "The image {file} cannot be read: check the path and its permissions.",
    fr: "L’image {file} ne peut pas être lue : vérifiez le chemin et les droits.",
  },
  IMAGE_EMPTY: {
    exit: exits.image,
    en: "The image {file} is empty: fetch it again.",
    fr: "L’image {file} est vide : récupérez-la à nouveau.",
  },
  IMAGE_TRUNCATED: {
    exit: exits.image,
    en: "The image {file} is cut short ({found} bytes of at least {expected}): fetch it again; the board was not touched.",
    fr: "L’image {file} est tronquée ({found} octets sur au moins {expected}) : récupérez-la à nouveau ; la carte n’a pas été touchée.",
  },
  IMAGE_DAMAGED: {
    exit: exits.image,
    en: "The image {file} is damaged ({reason}): fetch it again; the board was not touched.",
    fr: "L’image {file} est abîmée ({reason}) : récupérez-la à nouveau ; la carte n’a pas été touchée.",
  },
  IMAGE_FOREIGN: {
    exit: exits.image,
    en: "The image is for {image}, this board is {board}: nothing was written; choose this board's image.",
    fr: "L’image est pour {image}, cette carte est {board} : rien n’a été écrit ; prenez l’image de cette carte.",
  },
  IMAGE_UNTRUSTED: {
    exit: exits.image,
    en: "The image {file} is not signed by a key you trust ({reason}): get it from the firmware store; the board was not touched.",
    fr: "L’image {file} n’est pas signée par une clé de confiance ({reason}) : prenez-la au dépôt de firmware ; la carte n’a pas été touchée.",
  },
  IMAGE_UNSIGNED: {
    exit: exits.image,
    en: "Nobody signed {file}: take the signed disk of the firmware store, or say why not with --allow REASON; the board was not touched.",
    fr: "Personne n’a signé {file} : prenez le disque signé du dépôt de firmware, ou dites pourquoi pas avec --allow RAISON ; la carte n’a pas été touchée.",
  },
  IMAGE_TOO_OLD: {
    exit: exits.image,
    en: "The image's security floor {floor} is below the board's {board}: take a newer image, or say why not with --allow REASON; nothing was written.",
    fr: "Le plancher de sécurité {floor} de l’image est sous celui de la carte, {board} : prenez une image plus récente, ou dites pourquoi pas avec --allow RAISON ; rien n’a été écrit.",
  },
  IMAGE_NAMELESS: {
    exit: exits.image,
    en: "The image has no place for an identity (partition “factory”): nothing was written; take a board's disk image, or leave out --serial and --station.",
    fr: "L’image n’a pas de place pour une identité (partition « factory ») : rien n’a été écrit ; prenez l’image de disque d’une carte, ou omettez --serial et --station.",
  },
  IMAGE_NOT_A_DISK: {
    exit: exits.image,
    en: "{file} is {what}, not a disk image of a board: give the disk image (or --raw for one without partitions); the board was not touched.",
    fr: "{file} est {what}, pas une image de disque de carte : donnez l’image de disque (ou --raw si elle est sans partitions) ; la carte n’a pas été touchée.",
  },
};
