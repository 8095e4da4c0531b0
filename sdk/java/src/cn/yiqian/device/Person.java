package cn.yiqian.device;

import java.util.List;

/** Whom the server says the activation code belongs to: shown to the person, who says yes or no. Texts from outside. */
public final class Person {
    public final String staffNo;
    public final String name;
    public final String organisation;
    /** Names of the other devices whose certificate and key end with the new certificate. */
    public final List<String> supersedes;

    Person(Input in) {
        staffNo = in.text();
        name = in.text();
        organisation = in.text();
        supersedes = in.texts();
    }
}
