"""The one SELECT of each list that is measured: it yields all that the portal's answer holds, apart from the count.

The run compares both answers before it measures; means are not rounded here.
"""

from __future__ import annotations

DOCTORS = """
WITH page AS MATERIALIZED (
    SELECT * FROM doctor WHERE approval = 'approved' AND deleted_at IS NULL ORDER BY id LIMIT 100
), rated AS (
    SELECT doctor_id, count(*) AS reviews, avg(CASE WHEN EXISTS (
        SELECT 1 FROM appointment AS visit
        WHERE visit.patient_id = review.patient_id AND visit.doctor_id = review.doctor_id AND visit.state = 'completed'
    ) THEN rating END) AS mean
    FROM review WHERE hidden_at IS NULL AND doctor_id IN (SELECT id FROM page) GROUP BY doctor_id
), kept AS MATERIALIZED (
    SELECT DISTINCT doctor_id, starts, ends, slot_minutes FROM weekly_hours
    WHERE doctor_id IN (SELECT id FROM page) AND weekday < 5 AND (valid_to IS NULL OR valid_to >= date())
), starting AS MATERIALIZED (
    SELECT different.*, catalogue.id FROM (SELECT DISTINCT starts, ends, slot_minutes FROM kept) AS different
    JOIN available_time AS catalogue ON catalogue.starts >= different.starts
    AND strftime('%s', catalogue.starts) + slot_minutes * 60 <= strftime('%s', different.ends) + 0
    AND (strftime('%s', catalogue.starts) - strftime('%s', different.starts)) % (slot_minutes * 60) = 0
), opening AS (
    SELECT doctor_id, min(starts) AS opens, max(ends) AS closes FROM kept GROUP BY doctor_id
), offered AS (
    SELECT doctor_id, json_group_array(id) AS ids FROM (
        SELECT DISTINCT kept.doctor_id, starting.id FROM kept JOIN starting USING (starts, ends, slot_minutes)
        ORDER BY kept.doctor_id, starting.id
    ) GROUP BY doctor_id
), designations AS (
    SELECT doctor_id, json_group_array(name) AS names FROM (
        SELECT doctor_id, name FROM doctor_designation JOIN designation ON designation.id = designation_id
        WHERE doctor_id IN (SELECT id FROM page) ORDER BY doctor_id, name
    ) GROUP BY doctor_id
), specialisations AS (
    SELECT doctor_id, json_group_array(name) AS names, min(name) AS first FROM (
        SELECT doctor_id, name FROM doctor_specialisation JOIN specialisation ON specialisation.id = specialisation_id
        WHERE doctor_id IN (SELECT id FROM page) ORDER BY doctor_id, name
    ) GROUP BY doctor_id
)
SELECT page.id, page.name AS user, page.name, account.username, page.picture_id AS profile,
    coalesce(designations.names, '[]') AS designation, coalesce(specialisations.names, '[]') AS specialisation,
    coalesce(offered.ids, '[]') AS available_time, page.fee,
    CASE WHEN page.id IN (
        SELECT doctor_id FROM appointment
        WHERE patient_id = :patient_id AND kind = 'online' AND state IN ('confirmed', 'in_progress')
    ) THEN nullif(page.meet_link, '') END AS meet_link,
    coalesce(page.specialization, specialisations.first, '') AS specialization,
    substr(opens, 1, 8) AS available_from, substr(closes, 1, 8) AS available_to,
    CASE WHEN department.id THEN json_object('id', department.id, 'name', department.name) END AS department,
    rated.mean AS rating, coalesce(rated.reviews, 0) AS reviews, page.approval AS status
FROM page LEFT JOIN account ON account.id = page.account_id LEFT JOIN department ON department.id = page.department_id
LEFT JOIN rated ON rated.doctor_id = page.id LEFT JOIN opening ON opening.doctor_id = page.id
LEFT JOIN offered ON offered.doctor_id = page.id LEFT JOIN designations ON designations.doctor_id = page.id
LEFT JOIN specialisations ON specialisations.doctor_id = page.id
ORDER BY page.id
"""

APPOINTMENTS = """
SELECT visit.id, patient_id AS patient, doctor_id AS doctor, patient.name AS patient_name, doctor.name AS doctor_name,
    CASE kind WHEN 'online' THEN 'Online' ELSE 'Offline' END AS appointment_type,
    CASE state WHEN 'in_progress' THEN 'Running' WHEN 'completed' THEN 'Completed' WHEN 'no_show' THEN 'Completed'
        ELSE 'Pendding' END AS appointment_status,
    CASE state WHEN 'pending' THEN 'Pending' WHEN 'cancelled' THEN 'Cancelled' ELSE 'Confirmed' END AS status,
    json(CASE state WHEN 'cancelled' THEN 'true' ELSE 'false' END) AS cancel, state, symptoms,
    available_time_id AS time, replace(substr(starts_at, 1, 19), ' ', 'T') || 'Z' AS appointment_time,
    replace(substr(ends_at, 1, 19), ' ', 'T') || 'Z' AS end_time,
    replace(substr(visit.created_at, 1, 19), ' ', 'T') || 'Z' AS created_at
FROM appointment AS visit JOIN patient ON patient.id = patient_id JOIN doctor ON doctor.id = doctor_id
WHERE doctor_id = :doctor_id AND state <> 'held' AND removed_at IS NULL
ORDER BY starts_at, visit.id LIMIT 100
"""

REVIEWS = """
SELECT review.id, CASE WHEN patient.name IS account.username THEN 'Patient'
        ELSE substr(patient.name, 1, instr(patient.name || ' ', ' ') - 1) END AS reviewer,
    review.patient_id AS reviewer_id, review.doctor_id AS doctor, doctor.name AS doctor_name, body,
    substr(review.created_at, 1, 10) AS created_on, substr('⭐⭐⭐⭐⭐', 1, rating) AS rating,
    json(CASE WHEN EXISTS (
        SELECT 1 FROM appointment AS visit
        WHERE visit.patient_id = review.patient_id AND visit.doctor_id = review.doctor_id AND visit.state = 'completed'
    ) THEN 'true' ELSE 'false' END) AS verified
FROM review JOIN patient ON patient.id = review.patient_id LEFT JOIN account ON account.id = patient.manager_id
JOIN doctor ON doctor.id = review.doctor_id
WHERE hidden_at IS NULL ORDER BY review.id DESC LIMIT 100
"""

ROWS_OF_DOCTORS = """
SELECT doctor.id, doctor.name, username, picture_id, fee, specialization, department.id AS department_id,
    department.name AS department_name, approval
FROM doctor LEFT JOIN account ON account.id = account_id LEFT JOIN department ON department.id = department_id
WHERE approval = 'approved' AND deleted_at IS NULL ORDER BY doctor.id LIMIT 100
"""

JSON_COLUMNS = frozenset({"designation", "specialisation", "available_time", "department", "cancel", "verified"})
"""Columns that SQLite answers as JSON: they go out as they are."""

INSERT = """
INSERT INTO appointment (patient_id, doctor_id, starts_at, ends_at, state, kind, symptoms, patient_agreed, overbooked,
    cancel_reason, version, created_at, updated_at)
VALUES (:patient_id, :doctor_id, :starts_at, :ends_at, 'pending', 'in_person', '', 1, 0, '', 1, :now, :now)
RETURNING id
"""
