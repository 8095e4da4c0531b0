"""The demonstration's ward: fictional staff, patients and records from seed.json, put into an empty database once."""
import json
import pathlib
import uuid

SPACE = uuid.UUID("5d0d6c9e-6b34-4f5c-9c05-0e6d1a3f7b11")  # ids come from names: each start on an empty folder makes the same ward
VITALS = ["体温 ℃", "脉搏 次/分", "呼吸 次/分", "血压 mmHg", "血氧饱和度 %"]


def facts():
    return json.loads((pathlib.Path(__file__).parent / "seed.json").read_text(encoding="utf-8"))


def vitals(values):
    return {"heading": "生命体征", "table": {"head": VITALS, "rows": [values]}}


def records_of(patient):
    """(type, title, author, senior, when, sections) of one patient, in the order of time."""
    doctor, chief, nurse = "D1001", "D1002", "N2001"
    first = [{"heading": "病例特点", "paragraphs": [f"{patient['name']}，{patient['sex']}，{patient['age']}岁。{patient['complaint']}"]},
             {"heading": "体格检查", "paragraphs": [patient["exam"]]},
             {"heading": "辅助检查", "table": {"head": ["项目", "结果", "单位", "参考区间"], "rows": patient["labs"]}},
             {"heading": "初步诊断", "items": patient["diagnosis"].split("；")}, {"heading": "诊疗计划", "items": patient["plan"]}]
    yield "progress", "首次病程记录", doctor, None, patient["admitted"], first
    yield "orders", "医嘱单", doctor, None, patient["notes"][0]["at"], [
        {"heading": "医嘱", "table": {"head": ["医嘱内容", "类别", "频次"], "rows": patient["orders"]}}]
    if patient["operation"]:
        yield "operation", "手术记录", chief, None, patient["op_at"], [
            {"heading": "手术名称", "paragraphs": [patient["operation"]]},
            {"heading": "术前诊断", "items": patient["diagnosis"].split("；")},
            {"heading": "手术人员", "table": {"head": ["术者", "助手", "术中出血"], "rows": [["陈思远", "王建国", patient["blood_loss"]]]}},
            {"heading": "术中所见", "paragraphs": [patient["findings"]]}, {"heading": "手术经过", "items": patient["steps"]}]
    for note in patient["notes"]:
        yield "progress", "日常病程记录", note["by"], chief if note["by"] == "D1003" else None, note["at"], [
            {"heading": "病程记录", "paragraphs": note["text"]}, vitals(note["vitals"])]
    nursing = patient["nursing"]
    yield "nursing", "护理记录", nurse, None, nursing["at"], [{"heading": "护理记录", "paragraphs": nursing["text"]}, vitals(nursing["vitals"])]
    if "discharge" in patient:
        leaving = patient["discharge"]
        yield "discharge", "出院小结", doctor, chief, leaving["at"], [
            {"heading": "入院诊断", "items": patient["diagnosis"].split("；")},
            {"heading": "入院情况", "paragraphs": [patient["complaint"] + patient["exam"]]},
            {"heading": "诊疗经过", "paragraphs": leaving["course"]}, {"heading": "出院医嘱", "items": leaving["advice"]}]


def plant(store):
    if store.row("SELECT 1 FROM staff"):
        return
    data = facts()
    with store.write() as connection:
        for person in sorted(data["staff"], key=lambda p: p["senior"] is not None):
            connection.execute("INSERT INTO staff VALUES (:staff_no, :name, :title, :department, :role, :senior)", person)
        for patient in data["patients"]:
            key = str(uuid.uuid5(SPACE, patient["no"]))
            connection.execute("INSERT INTO patient VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (
                key, patient["no"], patient["name"], patient["sex"], patient["age"], patient["bed"], patient["room"], "普通外科",
                patient["admitted"], patient["diagnosis"], patient["operation"], patient["allergy"], patient["care"],
                patient["condition"], patient["blood"], patient["insurance"], "D1001"))
            for number, (kind, title, author, senior, when, sections) in enumerate(records_of(patient)):
                connection.execute("INSERT INTO record (record, patient, type, title, author, senior, recorded_at, sections)"
                                   " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                                   (str(uuid.uuid5(SPACE, f"{patient['no']}/{number}")), key, kind, title, author, senior, when,
                                    json.dumps(sections, ensure_ascii=False)))
