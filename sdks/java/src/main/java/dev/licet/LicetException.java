package dev.licet;

/** Everything that the calls of this SDK throw, apart from mistakes in their arguments. */
public abstract sealed class LicetException extends RuntimeException
        permits NoAnswerException, LicetProblemException, TokenException, WebhookException {
    private static final long serialVersionUID = 1L;

    LicetException(String message, Throwable cause) {
        super(message, cause);
    }
}
