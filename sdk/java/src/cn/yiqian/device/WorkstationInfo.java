package cn.yiqian.device;

public final class WorkstationInfo {
    public final String workstation;
    public final String name;
    public final String place;
    public final String server;

    WorkstationInfo(Input in) {
        workstation = in.text();
        name = in.text();
        place = in.text();
        server = in.text();
    }
}
