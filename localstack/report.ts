/** Is told, in a few words, what is being done now: `Starting the embedded cloud`. */
export type Report = (what: string) => void;
