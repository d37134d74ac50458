import { needlesOf } from './forms.js';

/** Something that others may read: a file, a page, the arguments of a process. */
export interface Place {
  readonly name: string;
  readonly content: Buffer | string;
}

/** Looks for secrets in places, in every form that they may have there. What it says names them, and never shows them. */
export class LeakScan {
  readonly #needles: ReturnType<typeof needlesOf>;

  /** Secrets by the name that findings give them. */
  constructor(secrets: Readonly<Record<string, string | Buffer>>) {
    this.#needles = Object.entries(secrets).flatMap(([name, value]) => needlesOf(name, Buffer.from(value)));
  }

  /** `<secret> (<form>) in <place>`, one for each that was found. */
  findings(places: Iterable<Place>): readonly string[] {
    return [...places].flatMap((place) => this.#findingsIn(place));
  }

  #findingsIn({ name, content }: Place): readonly string[] {
    const bytes = Buffer.from(content);
    const found = this.#needles.filter((needle) => bytes.includes(needle.bytes));
    return found.map(({ secret, form }) => `${secret} (${form}) in ${name}`);
  }
}
