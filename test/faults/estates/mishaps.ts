type Undo = () => Promise<void>;

export interface Mishaps {
  readonly events: Readonly<Record<string, () => Promise<void>>>;
  /** Undoes what happened, the latest first. */
  heal(): Promise<void>;
}

/** Faults by name; each does it, and gives what undoes it. */
export function mishaps(table: Readonly<Record<string, () => Promise<Undo>>>): Mishaps {
  let undos: readonly Undo[] = [];
  const events = Object.entries(table).map(([name, happen]) => {
    const event = async () => {
      undos = [await happen(), ...undos];
    };
    return [name, event] as const;
  });
  return {
    events: Object.fromEntries(events),
    heal: async () => {
      const now = undos;
      undos = [];
      for (const undo of now) await undo();
    },
  };
}
