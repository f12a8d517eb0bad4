package io.agentmemory.client;

import java.security.SecureRandom;

/** Identifiers that sort by the time they were made. */
final class Ulid {
  private static final String ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  private static final int TIME_LENGTH = 10;
  private static final int RANDOM_LENGTH = 16;
  private static final SecureRandom RANDOM = new SecureRandom();

  private Ulid() {}

  /** Makes a new one: 48 bits of time and 80 random ones. */
  static String make() {
    char[] text = new char[TIME_LENGTH + RANDOM_LENGTH];
    long time = System.currentTimeMillis();
    for (int position = TIME_LENGTH - 1; position >= 0; position--) {
      text[position] = ALPHABET.charAt((int) (time % ALPHABET.length()));
      time /= ALPHABET.length();
    }
    for (int position = 0; position < RANDOM_LENGTH; position++) {
      text[TIME_LENGTH + position] = ALPHABET.charAt(RANDOM.nextInt(ALPHABET.length()));
    }
    return new String(text);
  }
}
