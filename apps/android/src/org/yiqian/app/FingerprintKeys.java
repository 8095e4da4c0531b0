package org.yiqian.app;

import java.security.GeneralSecurityException;
import javax.crypto.Cipher;

/** The phone's keys, each of which decrypts once after a finger. */
interface FingerprintKeys {
    /** Encrypts to the key of the name and asks nobody; makes the key where there is none. */
    Cipher encrypt(String name) throws GeneralSecurityException;

    /** To be shown to the fingerprint prompt, which allows one doFinal. Null: there is none, or another finger was enrolled since. */
    Cipher decrypt(String name) throws GeneralSecurityException;

    void delete(String name) throws GeneralSecurityException;
}
