"""What brings people to each department: the reason they give, and what the doctor then writes down."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One complaint: `reasons` in the patient's words, the rest in the doctor's.

    `result` is what a later version adds; people younger than `from_age` years do not have it.
    """

    reasons: tuple[str, ...]
    diagnostics: str
    observations: str
    treatments: str
    notes: str
    result: str
    from_age: int = 0


CASES: dict[str, tuple[Case, ...]] = {
    "Cardiology": (
        Case(
            reasons=("My heart races for a few minutes, mostly in the evening", "Palpitations since last month"),
            diagnostics="Palpitations, probably ectopic beats",
            observations="Pulse 76, regular. Blood pressure 128/78. ECG: sinus rhythm, no ischaemia.",
            treatments="Less coffee and alcohol. 24-hour ECG ordered.",
            notes="Reassured. To come back sooner if there is fainting or chest pain.",
            result="24-hour ECG: occasional ventricular ectopics, no runs. No treatment needed.",
        ),
        Case(
            reasons=("Blood pressure readings at home are too high", "Blood pressure check"),
            diagnostics="Essential hypertension, stage 1",
            observations="Blood pressure 148/92 seated, 146/90 after five minutes. Heart sounds normal.",
            treatments="Amlodipine 5 mg once daily. Less salt, walking 30 minutes a day.",
            notes="Home readings twice daily for a week before the next visit.",
            result="Home average 132/82 after four weeks. Continue amlodipine.",
            from_age=35,
        ),
        Case(
            reasons=("Out of breath on the stairs and swollen ankles", "Breathless when lying flat"),
            diagnostics="Heart failure with reduced ejection fraction",
            observations="Mild ankle oedema. Lungs clear. Weight 81.4 kg. Blood pressure 118/74.",
            treatments="Furosemide 40 mg in the morning, bisoprolol 2.5 mg. Daily weight at home.",
            notes="Echocardiogram requested. Heart failure nurse informed.",
            result="Echocardiogram: ejection fraction 41 %. Ramipril 2.5 mg added.",
            from_age=50,
        ),
        Case(
            reasons=("Yearly check after my stent", "Follow-up after a heart attack two years ago"),
            diagnostics="Stable coronary artery disease, stent to the left anterior descending artery",
            observations="No angina. Blood pressure 124/76, pulse 62. LDL 1.6 mmol/l.",
            treatments="Continue aspirin 75 mg, atorvastatin 80 mg and bisoprolol.",
            notes="Cardiac rehabilitation completed. Next check in a year.",
            result="Exercise test: no ischaemia at target heart rate.",
            from_age=50,
        ),
        Case(
            reasons=("Tightness in the chest when I walk uphill", "Chest discomfort on exertion"),
            diagnostics="Suspected stable angina",
            observations="ECG at rest normal. Blood pressure 136/84. No murmur.",
            treatments="Glyceryl trinitrate spray as needed. CT coronary angiogram requested.",
            notes="To call 999 if pain lasts more than 15 minutes.",
            result="CT angiogram: mild plaque, no narrowing above 30 %. Statin started.",
            from_age=45,
        ),
        Case(
            reasons=("I fainted in a hot room", "Nearly fainted twice when getting up"),
            diagnostics="Vasovagal syncope",
            observations="ECG normal. Blood pressure 116/72 lying, 110/70 standing. No murmur.",
            treatments="More fluids and salt. Exercises to tense the legs before standing up.",
            notes="No heart disease found. To come back if it happens during sport.",
            result="No further faints in two months.",
        ),
        Case(
            reasons=("My GP heard a murmur", "Heart disease runs in my family and I want to be sure"),
            diagnostics="Innocent murmur",
            observations="Soft systolic murmur. ECG normal. Cholesterol 4.4 mmol/l.",
            treatments="None needed. Echocardiogram requested to be sure.",
            notes="Sport is fine.",
            result="Echocardiogram normal. Discharged.",
        ),
    ),
    "Dermatology": (
        Case(
            reasons=("A mole on my back has changed its shape", "Mole check"),
            diagnostics="Benign melanocytic naevus",
            observations="6 mm even brown mole, regular border. Dermoscopy: symmetric network.",
            treatments="None needed. Photograph taken for comparison.",
            notes="Sun protection discussed. Check again in six months.",
            result="Compared with the photograph: no change.",
        ),
        Case(
            reasons=("Itchy red patches in the crook of the elbows", "Eczema has come back"),
            diagnostics="Atopic eczema, moderate",
            observations="Dry red patches on both elbows and the neck. No infection.",
            treatments="Emollient three times a day. Hydrocortisone 1 % twice daily for seven days.",
            notes="Fragrance-free washing advised.",
            result="Clear improvement after ten days. Emollient only.",
        ),
        Case(
            reasons=("Spots on the face and back that do not go away", "Acne"),
            diagnostics="Moderate inflammatory acne",
            observations="Papules and pustules on cheeks and upper back. No scars.",
            treatments="Adapalene with benzoyl peroxide gel at night. Lymecycline 408 mg for 12 weeks.",
            notes="Improvement takes eight weeks. Use sunscreen.",
            result="About half of the spots gone at 12 weeks. Lymecycline stopped.",
        ),
        Case(
            reasons=("Scaly plaques on knees and scalp", "Psoriasis follow-up"),
            diagnostics="Plaque psoriasis",
            observations="Plaques over about 4 % of the body. Nails normal, no joint pain.",
            treatments="Calcipotriol with betamethasone foam once daily for four weeks.",
            notes="Light treatment explained as the next step.",
            result="Plaques thinner. Foam twice a week to keep the effect.",
        ),
        Case(
            reasons=("A rash after starting a new washing powder", "Hives that come and go"),
            diagnostics="Acute urticaria",
            observations="Wheals on trunk and arms. No swelling of lips or tongue.",
            treatments="Cetirizine 10 mg once daily for two weeks.",
            notes="To seek help at once if breathing becomes difficult.",
            result="No new wheals for ten days. Cetirizine stopped.",
        ),
    ),
    "General medicine": (
        Case(
            reasons=("A cough for three weeks", "Cough and a tight chest at night"),
            diagnostics="Post-viral cough",
            observations="Temperature 36.8 °C, oxygen saturation 98 %. Chest clear.",
            treatments="Fluids, honey, no antibiotics.",
            notes="Chest X-ray if it lasts beyond eight weeks.",
            result="Cough settled by week six. No X-ray needed.",
        ),
        Case(
            reasons=("Diabetes review", "My sugar has been higher than usual"),
            diagnostics="Type 2 diabetes, not at target",
            observations="HbA1c 64 mmol/mol. Blood pressure 132/80. Feet: pulses and feeling normal.",
            treatments="Metformin raised to 1 g twice daily. Dietitian appointment arranged.",
            notes="Eye screening is due.",
            result="HbA1c 54 mmol/mol after three months. Continue.",
            from_age=40,
        ),
        Case(
            reasons=("Tired all the time", "No energy for two months"),
            diagnostics="Iron deficiency anaemia",
            observations="Pale conjunctivae. Haemoglobin 104 g/l, ferritin 6 µg/l.",
            treatments="Ferrous fumarate 210 mg once daily for three months.",
            notes="Coeliac screen sent.",
            result="Haemoglobin 127 g/l. Coeliac screen negative.",
        ),
        Case(
            reasons=("Burning behind the breastbone after meals", "Heartburn at night"),
            diagnostics="Gastro-oesophageal reflux",
            observations="Abdomen soft, no weight loss, no trouble swallowing.",
            treatments="Omeprazole 20 mg before breakfast for four weeks. Smaller evening meals.",
            notes="Step down when symptoms settle.",
            result="Symptoms gone. Omeprazole only when needed.",
        ),
        Case(
            reasons=("Asthma review", "I need the blue inhaler more often"),
            diagnostics="Asthma, partly controlled",
            observations="Peak flow 410 l/min (best 480). Few wheezes at the bases.",
            treatments="Budesonide with formoterol, two puffs twice daily. Inhaler technique shown.",
            notes="Written asthma plan given.",
            result="Peak flow 470 l/min. Reliever used once a week.",
        ),
        Case(
            reasons=("Travel advice before a long trip", "General health check"),
            diagnostics="Health check, no abnormal findings",
            observations="Blood pressure 122/76, BMI 24.1. Cholesterol 4.6 mmol/l.",
            treatments="Hepatitis A and typhoid vaccination given.",
            notes="Next check in five years.",
            result="Second hepatitis A dose due in six months.",
        ),
    ),
    "Neurology": (
        Case(
            reasons=("A throbbing headache with flashes of light, twice a week", "Migraine is getting worse"),
            diagnostics="Migraine with aura",
            observations="Neurological examination normal. Fundi normal.",
            treatments="Sumatriptan 50 mg at onset. Propranolol 40 mg twice daily to prevent attacks.",
            notes="Headache diary started.",
            result="Attacks down from eight to three a month.",
        ),
        Case(
            reasons=("Numb fingers at night", "Tingling in the hand when typing"),
            diagnostics="Carpal tunnel syndrome, mild",
            observations="Tinel's sign positive on the right. Grip strength normal.",
            treatments="Night splint for six weeks.",
            notes="Nerve conduction test requested.",
            result="Nerve conduction: mild slowing at the wrist. Continue the splint.",
        ),
        Case(
            reasons=("The room spins when I turn in bed", "Dizzy spells"),
            diagnostics="Benign paroxysmal positional vertigo",
            observations="Dix-Hallpike test positive on the left. Gait normal.",
            treatments="Epley manoeuvre done, exercises for home given.",
            notes="No driving while the spells last.",
            result="No spells for two weeks.",
        ),
        Case(
            reasons=("My hand trembles when I hold a cup", "Tremor"),
            diagnostics="Essential tremor",
            observations="Postural tremor of both hands. No rigidity, normal walk.",
            treatments="Propranolol 40 mg as needed.",
            notes="Thyroid test requested.",
            result="Thyroid normal. Tremor less of a bother.",
            from_age=40,
        ),
        Case(
            reasons=("Epilepsy review", "Seizure follow-up"),
            diagnostics="Focal epilepsy, well controlled",
            observations="No seizures for 14 months. Examination normal.",
            treatments="Continue levetiracetam 500 mg twice daily.",
            notes="Driving rules confirmed.",
            result="EEG unchanged. Next review in a year.",
        ),
    ),
    "Orthopaedics": (
        Case(
            reasons=("Knee pain on the stairs", "My knee hurts after walking"),
            diagnostics="Osteoarthritis of the knee, moderate",
            observations="Crepitus, flexion to 115 degrees, no effusion. X-ray: narrowed inner joint space.",
            treatments="Physiotherapy, paracetamol, topical ibuprofen.",
            notes="Weight and low-impact exercise discussed.",
            result="Walks 40 minutes without pain. No injection needed.",
            from_age=45,
        ),
        Case(
            reasons=("I twisted my ankle playing football", "Ankle still swollen after two weeks"),
            diagnostics="Lateral ankle sprain, grade 2",
            observations="Swelling over the outer ankle. Bears weight. X-ray: no fracture.",
            treatments="Ankle brace for four weeks, balance exercises.",
            notes="Sport again when hopping is free of pain.",
            result="Full strength and balance. Discharged.",
        ),
        Case(
            reasons=("I cannot lift my arm above the shoulder", "Shoulder pain at night"),
            diagnostics="Subacromial pain syndrome",
            observations="Painful arc from 60 to 120 degrees. Strength normal.",
            treatments="Physiotherapy for six weeks. Naproxen 250 mg twice daily for ten days.",
            notes="Injection if no better.",
            result="Range of movement full. Exercises to continue.",
        ),
        Case(
            reasons=("Lower back pain since moving house", "Back pain that goes down the leg"),
            diagnostics="Lumbar radiculopathy, L5",
            observations="Straight leg raise 50 degrees on the left. Power and reflexes normal.",
            treatments="Stay active, naproxen for two weeks, physiotherapy.",
            notes="Told which warning signs need a visit the same day.",
            result="Leg pain gone after five weeks. No scan needed.",
        ),
        Case(
            reasons=("Check after my hip replacement", "Six-week check of my new hip"),
            diagnostics="After total hip replacement, normal course",
            observations="Scar healed. Flexion 95 degrees, walks with one stick. X-ray: good position.",
            treatments="Physiotherapy continues. Blood thinner stopped.",
            notes="Next X-ray at one year.",
            result="Walks without a stick.",
            from_age=55,
        ),
    ),
    "Paediatrics": (
        Case(
            reasons=("Earache and a temperature since yesterday", "Ear pain"),
            diagnostics="Acute otitis media, left",
            observations="Temperature 38.2 °C. Left eardrum red and bulging. Drinks well.",
            treatments="Paracetamol by weight. Amoxicillin for five days if no better in 48 hours.",
            notes="Parents know when to come back.",
            result="Eardrum normal after two weeks. Hearing fine.",
        ),
        Case(
            reasons=("Wheezing after running", "Asthma check for my child"),
            diagnostics="Childhood asthma, mild",
            observations="Chest clear at rest. Growth along the 50th centile.",
            treatments="Salbutamol with spacer before sport. Low-dose beclometasone.",
            notes="School has a copy of the asthma plan.",
            result="No attacks this term. Preventer continues.",
        ),
        Case(
            reasons=("Routine development check", "Growth check"),
            diagnostics="Normal development for age",
            observations="Height and weight on the 60th centile. Hearing and vision normal.",
            treatments="None needed. Vaccinations up to date.",
            notes="Next routine check in a year.",
            result="Growth continues along the same centile.",
        ),
        Case(
            reasons=("An itchy rash with blisters", "Rash on arms and legs"),
            diagnostics="Chickenpox",
            observations="Crops of blisters, some crusted. Temperature 37.9 °C.",
            treatments="Fluids, paracetamol, soothing lotion. No ibuprofen.",
            notes="No nursery or school until all blisters are crusted.",
            result="All blisters crusted, well again.",
        ),
        Case(
            reasons=("Tummy ache most mornings before school", "Stomach pain"),
            diagnostics="Functional abdominal pain",
            observations="Abdomen soft. Weight steady. Urine test normal.",
            treatments="Regular meals and fluids, symptom diary.",
            notes="School worries talked about; family support offered.",
            result="Pain less than once a week.",
        ),
        Case(
            reasons=("Still coughing after a cold", "A barking cough at night"),
            diagnostics="Viral croup, mild",
            observations="No stridor at rest. Oxygen saturation 98 %. Eats and drinks.",
            treatments="Single dose of dexamethasone by mouth.",
            notes="Parents know when to call 999.",
            result="Well again after three days.",
        ),
        Case(
            reasons=("Dry, itchy skin behind the knees", "Eczema check for my child"),
            diagnostics="Atopic eczema, mild",
            observations="Dry patches behind both knees. No infection.",
            treatments="Emollient twice a day, hydrocortisone 1 % for five days.",
            notes="Lukewarm baths, cotton clothes.",
            result="Skin clear. Emollient continues.",
        ),
        Case(
            reasons=("A fall from the climbing frame, sore wrist", "Sore wrist after a fall"),
            diagnostics="Bruised wrist",
            observations="Mild swelling, full movement. X-ray: no fracture.",
            treatments="Rest and cooling, paracetamol.",
            notes="Sport again in two weeks.",
            result="Free of pain.",
        ),
    ),
}
