import { createContext, useContext, useEffect, useState, type ReactNode } from "react";
import { en, type Messages } from "./en.ts";
import { fr } from "./fr.ts";

const languages = { en, fr } as const;
export type Language = keyof typeof languages;

type Spoken = { language: Language; t: Messages; speak: (language: Language) => void };
const LanguageContext = createContext<Spoken>({ language: "en", t: en, speak: () => undefined });

const key = "tonalite.language";

function preferred(): Language {
  const kept = localStorage.getItem(key);
  if (kept === "en" || kept === "fr") return kept;
  for (const wish of navigator.languages) {
    if (wish.startsWith("fr")) return "fr";
    if (wish.startsWith("en")) return "en";
  }
  return "en";
}

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState(preferred);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const speak = (next: Language) => {
    localStorage.setItem(key, next);
    setLanguage(next);
  };
  return <LanguageContext value={{ language, t: languages[language], speak }}>{children}</LanguageContext>;
}

export const useLanguage = (): Spoken => useContext(LanguageContext);

/** The words for a value that the device or the ACS names; what has no words yet is shown as it came. */
export function word(words: Readonly<Record<string, string>>, value: string): string {
  return Object.hasOwn(words, value) ? (words[value] ?? value) : value;
}
