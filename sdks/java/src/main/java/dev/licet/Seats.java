package dev.licet;

import dev.licet.internal.Calls;
import dev.licet.internal.Session;

/**
 * Floating seats, which many devices share. All calls throw {@link LicetProblemException} if the server
 * refuses, such as with the code {@code SEAT_LIMIT_REACHED}, and {@link NoAnswerException}.
 */
public final class Seats {
    private final Calls calls;

    Seats(Calls calls) {
        this.calls = calls;
    }

    /**
     * Acquires a seat for this device. Repeating it returns the same seat.
     *
     * @return the seat
     */
    public Seat acquire() {
        return acquire(new Request());
    }

    /**
     * Acquires a seat for a device. Repeating it returns the same seat.
     *
     * @param request the device, its name, and for how many days the seat is borrowed
     * @return the seat
     */
    public Seat acquire(Request request) {
        return calls.acquireSeat(request).seat();
    }

    /**
     * Renews a seat. One that has lapsed is acquired again if one is free.
     *
     * @param id the ID of the seat
     * @return the seat
     */
    public Seat renew(String id) {
        return renew(id, new Request());
    }

    /**
     * Renews a seat of a device.
     *
     * @param id the ID of the seat
     * @param request the device
     * @return the seat
     */
    public Seat renew(String id, Request request) {
        return calls.renewSeat(id, request, Session.ATTEMPTS_MAX).seat();
    }

    /**
     * Gives a seat back, so that another device can use it.
     *
     * @param id the ID of the seat
     */
    public void release(String id) {
        release(id, new Request());
    }

    /**
     * Gives a seat of a license back.
     *
     * @param id the ID of the seat
     * @param request the license key
     */
    public void release(String id, Request request) {
        calls.releaseSeat(id, request, Session.ATTEMPTS_MAX);
    }

    /**
     * Acquires a seat that renews itself until it is closed: {@code try (SeatHold hold = seats.hold())}.
     *
     * @return the seat
     */
    public SeatHold hold() {
        return hold(new Request());
    }

    /**
     * Acquires a seat of a device that renews itself until it is closed.
     *
     * @param request the device, and its name
     * @return the seat
     */
    public SeatHold hold(Request request) {
        return new SeatHold(calls, request);
    }
}
