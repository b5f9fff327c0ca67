const FIRST_MILLIS = 200;
const MOST_MILLIS = 10_000;

/**
 * What `make` makes of an instant that is about to come, and that instant. A machine so busy that
 * the instant came first has shown nothing: it is asked again, with more time each time.
 */
export async function beforeItExpires<Made>(
  make: (expiresAt: string) => Promise<Made>,
): Promise<{ readonly made: Made; readonly expiresAt: string }> {
  for (let millis = FIRST_MILLIS; ; millis *= 3) {
    const expiresAt = new Date(Date.now() + millis).toISOString();
    try {
      return { made: await make(expiresAt), expiresAt };
    } catch (error) {
      if (Date.now() < Date.parse(expiresAt) || millis > MOST_MILLIS) throw error;
    }
  }
}
